import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Uri, workspace, type Memento } from "vscode";
import { ResultStore } from "../../../src/extension/results/result-store";
import { existing } from "../../../src/extension/run/checkpoint-picker";
import { recentOf } from "../../../src/extension/run/register";
import type { Result } from "../../../src/shared/result";
import { inWorkspace, sampleResult, withSetting } from "./support";

class FakeMemento implements Memento {
  constructor(private readonly values = new Map<string, unknown>()) {}

  keys(): readonly string[] {
    return [...this.values.keys()];
  }

  get<T>(key: string, otherwise?: T): T {
    return (this.values.has(key) ? this.values.get(key) : otherwise) as T;
  }

  update(key: string, value: unknown): Promise<void> {
    this.values.set(key, value);
    return Promise.resolve();
  }
}

const turn = (milliseconds = 5) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

describe("the results of a workspace", () => {
  let folder: Uri;
  let text: string;
  let store: ResultStore;
  const stores: ResultStore[] = [];

  const storeWith = (kept?: unknown) => {
    const workspaceState = new FakeMemento(kept === undefined ? undefined : new Map([["normlens.results", kept]]));
    const made = new ResultStore({ workspaceState, storageUri: folder, globalStorageUri: folder });
    stores.push(made);
    return made;
  };
  /** Writes a result of the extension's own storage. */
  const write = async (name: string, content = text) => {
    const file = Uri.joinPath(folder, "results", `${name}.normlens.json`);
    await workspace.fs.writeFile(file, new TextEncoder().encode(content));
    return file;
  };
  const exists = (file: Uri) => workspace.fs.stat(file).then(() => true, () => false);

  before(async () => { text = new TextDecoder().decode(await workspace.fs.readFile(await sampleResult())); });
  beforeEach(() => {
    folder = Uri.file(mkdtempSync(join(tmpdir(), "normlens-results-")));
    store = storeWith();
  });
  afterEach(() => {
    for (const each of stores.splice(0)) each.dispose();
    rmSync(folder.fsPath, { recursive: true, force: true });
  });

  /** Uses three results, a to c, each later than the one before it. */
  async function useThree(): Promise<readonly [Uri, Uri, Uri]> {
    const files = [await write("a"), await write("b"), await write("c")] as const;
    for (const file of files) {
      await store.use(file);
      await turn();
    }
    return files;
  }

  it("never lose the one that is opened, however few are kept", async () => {
    const [a, b, c] = await useThree();
    await withSetting("normlens.results.keep", 1, async () => { await store.use(a); });
    assert.equal(String(store.currentUri), String(a));
    assert.deepEqual(store.known.map(({ uri }) => String(uri)), [String(a)]);
    assert.deepEqual(await Promise.all([a, b, c].map(exists)), [true, false, false]);
  });

  it("keep the newest beside it", async () => {
    const [a, b, c] = await useThree();
    await withSetting("normlens.results.keep", 2, async () => { await store.use(a); });
    assert.deepEqual(await Promise.all([a, b, c].map(exists)), [true, false, true]);
  });

  for (const keep of [0, -1, 0.5]) {
    it(`keep one where the setting says ${keep}`, async () => {
      const a = await write("a");
      const b = await write("b");
      await withSetting("normlens.results.keep", keep, async () => {
        await store.use(a);
        assert.ok(await exists(a));
        await turn();
        await store.use(b);
      });
      assert.deepEqual(store.known.map(({ uri }) => String(uri)), [String(b)]);
      assert.deepEqual(await Promise.all([a, b].map(exists)), [false, true]);
    });
  }

  it("are read anew when their file has changed", async () => {
    const file = await write("a");
    const before = await store.use(file);
    assert.equal(await store.load(file), before, "an unchanged file is read once");
    const name = before.layers[0]!.name;
    await write("a", text.replaceAll(name, `${name}.renamed`));
    assert.equal((await store.use(file)).layers[0]!.name, `${name}.renamed`);
    assert.equal((await store.current())?.result.layers[0]!.name, `${name}.renamed`);
  });

  it("tell when a file is to be read anew", async () => {
    const file = await write("a");
    await store.use(file);
    let told = 0;
    store.onDidChange(() => { told++; });
    store.forget(file);
    assert.equal(told, 1);
  });

  it("show the one that was asked for last, also where an earlier one loads longer", async () => {
    const slow = await write("slow");
    const quick = await write("quick");
    let loaded: () => void = () => undefined;
    const wait = new Promise<void>((resolve) => { loaded = resolve; });
    const load = store.load.bind(store);
    store.load = async (uri) => {
      if (String(uri) === String(slow)) await wait;
      return load(uri);
    };
    const first = store.use(slow);
    await store.use(quick);
    loaded();
    assert.equal((await first).layers.length, 13);
    assert.equal(String(store.currentUri), String(quick));
    assert.equal(store.known.length, 2);
  });

  it("know which checkpoint they are of", async () => {
    await store.use(await write("a"));
    assert.deepEqual(store.known.map(({ path }) => path), [(JSON.parse(text) as Result).model.path]);
  });

  const entry = { uri: "file:///nowhere/a.normlens.json", label: "a", detail: "text", time: 1 };
  for (const [what, kept, known] of [
    ["nothing", null, 0],
    ["a text", "known", 0],
    ["a list", [entry], 0],
    ["results that are no list", { known: { 0: entry }, current: 7 }, 0],
    ["a result beside garbage", { known: [null, "x", { ...entry, uri: 1 }, { ...entry, uri: "a b://c" }, { ...entry, uri: "no scheme" }, { ...entry, time: null }, { uri: entry.uri }, entry], current: "a b://c" }, 1],
  ] as const) {
    it(`are those that are understood where the workspace remembers ${what}`, () => {
      const odd = storeWith(kept);
      assert.equal(odd.known.length, known);
      assert.equal(odd.currentUri, undefined);
    });
  }
});

describe("recent checkpoints", () => {
  it("are those that are understood", () => {
    for (const kept of [undefined, null, "file:///a", { 0: "file:///a" }]) assert.deepEqual(recentOf(kept), []);
    assert.deepEqual(recentOf(["file:///a", 1, null, "a b://c"]).map(String), ["file:///a"]);
  });

  it("are offered wherever they are, as long as they are there", async () => {
    const elsewhere = Uri.file(mkdtempSync(join(tmpdir(), "normlens-recent-")));
    const gone = Uri.joinPath(elsewhere, "gone");
    const here = inWorkspace(0, "gpt2");
    assert.deepEqual((await existing([elsewhere, gone, here])).map(String), [elsewhere, here].map(String));
    rmSync(elsewhere.fsPath, { recursive: true });
  });
});
