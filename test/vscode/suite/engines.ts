import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CancellationTokenSource, commands, EventEmitter, Uri, window, workspace, type QuickInputButton, type QuickPick, type QuickPickItem } from "vscode";
import type { EngineItem } from "../../../src/extension/engines/engine-items";
import { selectEngine } from "../../../src/extension/engines/select-engine";
import { setUpGpuEngine } from "../../../src/extension/engines/set-up-engine";
import type { SurveyingEngine } from "../../../src/extension/engines/survey";
import type { Parts } from "../../../src/extension/parts";
import { analyze } from "../../../src/extension/run/analyze";
import type { Job } from "../../../src/extension/run/analysis-runner";
import { EngineProcess } from "../../../src/extension/run/engine-process";
import type { EngineStatus } from "../../../src/shared/engines";
import { CancelledError } from "../../../src/shared/errors";
import type { SurveyRequest } from "../../../src/shared/request";
import type { EngineDescription, Result } from "../../../src/shared/result";
import { extension, inWorkspace, until, withSetting } from "./support";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined, show: () => undefined };
const setting = (name: string) => workspace.getConfiguration("normlens", inWorkspace(0)).inspect<string>(`analysis.${name}`);

/** Runs something with functions of VS Code's window replaced. */
async function withWindow<Value>(replaced: Readonly<Record<string, unknown>>, use: () => Promise<Value>): Promise<Value> {
  const before = Object.fromEntries(Object.keys(replaced).map((name) => [name, (window as unknown as Record<string, unknown>)[name]]));
  Object.assign(window, replaced);
  try {
    return await use();
  } finally {
    Object.assign(window, before);
  }
}

/** An engine that answers a survey as the test says. */
function surveying(answer: (request: SurveyRequest) => Promise<readonly EngineStatus[]>): SurveyingEngine {
  return { survey: (request) => answer(request), stop: () => Promise.resolve(), end: () => Promise.resolve() };
}

/** Settings of the machine that a test may have written. */
async function forget(): Promise<void> {
  for (const name of ["runtime", "device", "libtensorflow"]) await workspace.getConfiguration("normlens").update(`analysis.${name}`, undefined, true);
}

/** Whether a process runs; one that has ended may wait long for its parent to take note. */
function isAlive(pid: number): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

function childrenOf(pid: number): number[] {
  const table = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).stdout;
  return table.split("\n").map((line) => line.trim().split(/\s+/).map(Number)).flatMap(([child, parent]) => (parent === pid ? [child!] : []));
}

describe("under the Node that runs VS Code's extensions", () => {
  const realEngine = () => new EngineProcess(EngineProcess.scriptIn(extension().extensionPath), log);
  const libraries = { "its libtensorflow, through koffi": process.env["NORMLENS_TEST_LIBTENSORFLOW"], "tfjs-node-gpu's addon": process.env["NORMLENS_TEST_TFJS_ADDON"] };

  /** Analyses the sample on an engine, and tells which ones ran it. */
  async function analysedOn(runtime: string, device: string, libtensorflow?: string): Promise<EngineDescription> {
    const folder = mkdtempSync(join(tmpdir(), "normlens-engines-"));
    const engine = realEngine();
    try {
      const sample = join(extension().extensionPath, "media", "samples", "gpt2");
      const out = join(folder, "r.normlens.json");
      const request = { kind: "analyze", checkpoint: sample, input: { kind: "random" }, maxTokens: 128, skipFirst: false, seed: 0, runtime, device, out, ...(libtensorflow !== undefined && { libtensorflow }) } as const;
      await engine.run(request, { onProgress: () => undefined, onChosen: () => undefined });
      return (JSON.parse(readFileSync(out, "utf8")) as Result).engine;
    } finally {
      await engine.end();
      rmSync(folder, { recursive: true });
    }
  }

  for (const [runtime, device] of [["onnxruntime", "cpu"], ["tfjs", "wasm"], ["tfjs", "cpu"]] as const) {
    it(`${runtime} on ${device} runs a model`, async () => {
      const { fallback, ...engine } = await analysedOn(runtime, device);
      assert.deepEqual([engine.runtime, engine.device, fallback], [runtime, device, undefined]);
    });
  }

  for (const [name, path] of Object.entries(libraries)) {
    it(`tfjs on tensorflow runs a model with ${name}, or says what to do without`, async () => {
      if (path === undefined || path === "") {
        const [status] = await realEngine().survey({ libtensorflow: "/no/such/tensorflow", only: { runtime: "tfjs", device: "tensorflow" } }, () => undefined);
        assert.match(status?.reason ?? "", /does not exist: name TensorFlow's folder/);
        return;
      }
      const { fallback, ...engine } = await analysedOn("tfjs", "tensorflow", path);
      assert.deepEqual([engine.runtime, engine.device, fallback], ["tfjs", "tensorflow", undefined]);
      assert.match(engine.version, /^2\./);
    });
  }
});

describe("Select Engine", () => {
  /** The list, how the command ended, and what presses a button of the list. */
  async function open(startEngine: () => SurveyingEngine): Promise<{ readonly picker: QuickPick<EngineItem>; readonly ended: Promise<void>; readonly press: (button: QuickInputButton) => void }> {
    const shown: QuickPick<EngineItem>[] = [];
    const presses = new EventEmitter<QuickInputButton>();
    const { createQuickPick } = window;
    const capture = () => {
      const picker = Object.assign(createQuickPick<EngineItem>(), { onDidTriggerButton: presses.event });
      shown.push(picker);
      return picker;
    };
    const parts = { startEngine, log, runner: { state: { kind: "idle" } } } as unknown as Parts;
    const ended = await withWindow({ createQuickPick: capture }, () => Promise.resolve([selectEngine(parts)] as const));
    ended[0].catch(() => undefined);
    return { picker: await until("the list", () => shown[0]), ended: ended[0], press: (button) => { presses.fire(button); } };
  }

  const realEngine = () => new EngineProcess(EngineProcess.scriptIn(extension().extensionPath), log);
  const isSet = (item: QuickPickItem) => item.description?.includes("set now") === true;

  async function accept(picker: QuickPick<EngineItem>, label: string): Promise<void> {
    const item = await until(label, () => picker.items.find((each) => each.label === label));
    // Only what the window reports is what it shows.
    let active: EngineItem | undefined;
    const listener = picker.onDidChangeActive(([reported]) => { active = reported; });
    await until(`${label} to be active`, () => {
      if (active === item) return true;
      picker.activeItems = [item];
      return false;
    });
    listener.dispose();
    await commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
  }

  const statuses: readonly EngineStatus[] = [
    { runtime: "onnxruntime", device: "cpu", available: true, version: "1.30.0", gigaflops: 208 },
    { runtime: "onnxruntime", device: "webgpu", available: true, version: "1.30.0", gigaflops: 8400, hardware: "Test 9000" },
    { runtime: "tfjs", device: "tensorflow", available: false, reason: "No libtensorflow was found" },
  ];
  const fakeEngine = () => surveying(() => Promise.resolve(statuses));

  afterEach(forget);

  it("tries the engines of this machine, lists them with their speeds, and writes the one that is picked", async () => {
    const { picker, ended } = await open(realEngine);
    assert.ok(picker.busy);
    assert.match(picker.placeholder ?? "", /Trying/);
    const item = await until("an engine", () => picker.items.find(({ label }) => label === "onnxruntime on cpu"));
    assert.match(item.description ?? "", /^\d[\d.]* GFLOP\/s · v\d+\.\d+/);
    assert.deepEqual(picker.items.filter(isSet).map(({ label }) => label), ["Automatic"]);
    assert.match(picker.items[0]?.detail ?? "", /^Takes \S+ on \S+, the fastest that works here$/);
    await accept(picker, "onnxruntime on cpu");
    await ended;
    assert.equal(setting("runtime")?.globalValue, "onnxruntime");
    assert.equal(setting("device")?.globalValue, "cpu");
  });

  it("writes to the workspace what is set there, and marks it", async () => {
    await withSetting("normlens.analysis.device", "webgpu", async () => {
      const { picker, ended } = await open(fakeEngine);
      await until("the engines", () => picker.items.length > 1);
      assert.deepEqual(picker.items.filter(isSet).map(({ label }) => label), ["onnxruntime on webgpu"]);
      await accept(picker, "Automatic");
      await ended;
      assert.equal(setting("device")?.workspaceValue, "auto");
      assert.equal(setting("device")?.globalValue, undefined);
    });
    await workspace.getConfiguration("normlens").update("analysis.runtime", undefined, false);
  });

  it("lists the fastest first, and tries anew when it is asked to", async () => {
    let surveys = 0;
    const { picker, ended, press } = await open(() => surveying(() => { surveys++; return Promise.resolve(statuses); }));
    await until("the engines", () => picker.items.length > 1);
    assert.deepEqual(picker.items.map(({ label }) => label), ["Automatic", "on this machine", "onnxruntime on webgpu", "onnxruntime on cpu", "not on this machine", "tfjs on tensorflow"]);
    assert.equal(surveys, 1);
    press(picker.buttons[0]!);
    assert.deepEqual([picker.busy, picker.buttons.length, picker.items.length], [true, 0, 1]);
    await until("the engines again", () => picker.items.length > 1);
    assert.equal(surveys, 2);
    picker.hide();
    await ended;
  });

  it("tells what an engine lacks that does not work here, and writes nothing", async () => {
    const said: unknown[] = [];
    const showWarningMessage = (...words: unknown[]) => { said.push(...words); return Promise.resolve(undefined); };
    await withWindow({ showWarningMessage }, async () => {
      const { picker, ended } = await open(fakeEngine);
      await accept(picker, "tfjs on tensorflow");
      await ended;
    });
    assert.deepEqual(said, ["tfjs on tensorflow does not work on this machine", { modal: true, detail: "No libtensorflow was found" }, "Set Up GPU Engine..."]);
    assert.equal(setting("runtime")?.globalValue, undefined);
  });

  it("that is left while it tries leaves no process", async () => {
    const engines: EngineProcess[] = [];
    const { picker, ended } = await open(() => {
      const engine = realEngine();
      engines.push(engine);
      return engine;
    });
    const pid = engines[0]!.pid!;
    const [proof] = await until("the process of a proof", () => { const children = childrenOf(pid); return children.length > 0 ? children : undefined; });
    picker.hide();
    await ended;
    assert.ok(!isAlive(pid), "the engine's process is still there");
    await until("the proof's process to end", () => !isAlive(proof!));
    assert.equal(setting("runtime")?.globalValue, undefined);
  });

  it("whose engine fails says so", async () => {
    const { ended } = await open(() => surveying(() => Promise.reject(new Error("The engine's process ended by SIGSEGV before it had answered."))));
    await assert.rejects(ended, /ended by SIGSEGV/);
  });
});

(process.platform === "linux" ? describe : describe.skip)("Set Up GPU Engine", () => {
  const onProcessor: EngineStatus = { runtime: "tfjs", device: "tensorflow", available: true, version: "2.21.0", gigaflops: 224 };
  const works: EngineStatus = { ...onProcessor, hardware: "Test 9000" };
  const broken: EngineStatus = { runtime: "tfjs", device: "tensorflow", available: false, reason: "its process ended by SIGSEGV" };
  const searchPath = process.env["PATH"] ?? "";
  let home: string;
  let store: string;
  let proven: (string | undefined)[];

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "normlens set up "));
    store = join(home, "storage");
    proven = [];
  });
  afterEach(async () => {
    process.env["PATH"] = searchPath;
    rmSync(home, { recursive: true });
    await forget();
  });

  /** A python3 in front of every other: `script` is what its pip does when it is to install, with the target in $target. */
  function putPython(script: string): void {
    const folder = join(home, "bin");
    mkdirSync(folder);
    const lines = ["#!/bin/sh", '[ "$3" = --version ] && exit 0', 'while [ "$1" != --target ]; do shift; done', 'target="$2"', script];
    writeFileSync(join(folder, "python3"), lines.join("\n"), { mode: 0o755 });
    process.env["PATH"] = `${folder}${delimiter}${searchPath}`;
  }

  /** Runs the command, takes the way of that label, agrees to everything, and stops it when `stop` resolves. */
  async function setUp(way: RegExp, { status = works, agree = true, stop, chosen }: { readonly status?: EngineStatus; readonly agree?: boolean; readonly stop?: Promise<unknown>; readonly chosen?: string } = {}): Promise<string[]> {
    const said: string[] = [];
    const cancel = new CancellationTokenSource();
    void stop?.then(() => { cancel.cancel(); });
    const answer = (text: string, options: unknown, ...buttons: string[]) => {
      said.push(text);
      return Promise.resolve(typeof options === "object" && agree ? buttons[0] : undefined);
    };
    const startEngine = () => surveying(({ only, libtensorflow }) => {
      assert.deepEqual(only, { runtime: "tfjs", device: "tensorflow" });
      proven.push(libtensorflow);
      return Promise.resolve([status]);
    });
    const replaced = {
      showQuickPick: (items: readonly QuickPickItem[]) => Promise.resolve(items.find(({ label }) => way.test(label))),
      showInformationMessage: answer,
      showWarningMessage: answer,
      showOpenDialog: () => Promise.resolve(chosen === undefined ? undefined : [Uri.file(chosen)]),
      withProgress: (_options: unknown, task: (progress: unknown, token: unknown) => Promise<unknown>) => task({ report: () => undefined }, cancel.token),
    };
    const parts = { startEngine, log, context: { globalStorageUri: Uri.file(store) } } as unknown as Parts;
    await withWindow(replaced, () => setUpGpuEngine(parts));
    return said;
  }

  const left = () => (existsSync(store) ? readdirSync(store) : []);
  const nothingSet = () => { assert.equal(setting("libtensorflow")?.globalValue, undefined); };

  it("installs TensorFlow with pip, proves it, and only then names it in the settings", async () => {
    putPython('mkdir -p "$target/tensorflow"; echo Collecting; touch "$target/tensorflow/libtensorflow_cc.so.2"');
    const said = await setUp(/Install/);
    const folder = join(store, "tensorflow");
    assert.deepEqual(left(), ["tensorflow"]);
    assert.ok(existsSync(join(folder, "tensorflow", "libtensorflow_cc.so.2")));
    assert.deepEqual(proven, [join(store, "tensorflow.partial", "packages")]);
    assert.equal(setting("libtensorflow")?.globalValue, folder);
    assert.match(said.at(-1) ?? "", /tfjs on tensorflow works: 224 GFLOP\/s, Test 9000, v2\.21\.0\./);
  });

  it("does nothing without its user's consent", async () => {
    putPython("exit 1");
    await setUp(/Install/, { agree: false });
    assert.deepEqual(left(), []);
    nothingSet();
  });

  it("leaves nothing where pip fails, and tells pip's last error", async () => {
    putPython('mkdir -p "$target"; touch "$target/half"; echo "ERROR: No space left on device" >&2; exit 1');
    await assert.rejects(setUp(/Install/), { name: "UserError", message: "TensorFlow was not installed: No space left on device" });
    assert.deepEqual(left(), []);
    nothingSet();
  });

  it("leaves nothing where what was installed does not work", async () => {
    putPython('mkdir -p "$target"');
    await assert.rejects(setUp(/Install/, { status: broken }), { name: "UserError", message: /does not work on this machine, so it was removed: its process ended by SIGSEGV/ });
    assert.deepEqual(left(), []);
    nothingSet();
  });

  it("that is stopped leaves nothing, pip and what it has started included", async () => {
    const file = join(home, "pids");
    putPython(`sleep 600 & echo $$ $! > '${file}'; wait`);
    const pids = until("pip", () => (existsSync(file) ? readFileSync(file, "utf8").trim().split(" ").map(Number) : undefined));
    await assert.rejects(setUp(/Install/, { stop: pids }), CancelledError);
    for (const pid of await pids) await until(`process ${pid} to end`, () => !isAlive(pid));
    assert.deepEqual(left(), []);
    nothingSet();
  });

  it("takes another TensorFlow of this machine, where it works", async () => {
    const said = await setUp(/Use a TensorFlow/, { chosen: home, status: onProcessor });
    assert.match(said.at(-1) ?? "", /tfjs on tensorflow works: 224 GFLOP\/s, v2\.21\.0, on the processor\./);
    assert.deepEqual(proven, [home]);
    assert.equal(setting("libtensorflow")?.globalValue, home);
  });

  it("does not take another TensorFlow that does not work", async () => {
    await assert.rejects(setUp(/Use a TensorFlow/, { chosen: home, status: broken }), { name: "UserError", message: /is not used, since it does not work: its process ended by SIGSEGV/ });
    nothingSet();
  });

  it("removes what was installed, and its setting", async () => {
    putPython('mkdir -p "$target"');
    await setUp(/Install/);
    await setUp(/Remove/);
    assert.deepEqual(left(), []);
    nothingSet();
  });
});

describe("the settings of engines", () => {
  it("reach the request of an analysis", async () => {
    const jobs: Job[] = [];
    const runner = { run: (job: Job) => { jobs.push(job); return Promise.resolve(Uri.file("/nowhere/result")); } };
    const parts = { runner, results: { newUri: () => Promise.resolve(Uri.file("/nowhere/result")) }, panels: { show: () => Promise.resolve(), showResult: () => Promise.resolve() } } as unknown as Parts;
    const values = { runtime: "tfjs", device: "tensorflow", threads: 3, gpu: 1, tf32: true, libtensorflow: "/opt/tensorflow" };
    const withAll = (names: readonly (keyof typeof values)[], use: () => Promise<void>): Promise<void> => {
      const [name, ...rest] = names;
      return name === undefined ? use() : withSetting(`normlens.analysis.${name}`, values[name], () => withAll(rest, use));
    };
    await withAll(Object.keys(values) as (keyof typeof values)[], async () => { await analyze(parts, inWorkspace(0, "gpt2")); });
    await analyze(parts, inWorkspace(0, "gpt2"));
    const [set, unset] = jobs.map(({ request }): Readonly<Record<string, unknown>> => ({ ...request }));
    assert.ok(set !== undefined && unset !== undefined);
    for (const [name, value] of Object.entries(values)) assert.equal(set[name], value, name);
    assert.equal(unset["runtime"], "auto");
    for (const name of ["threads", "gpu", "tf32", "libtensorflow"]) assert.ok(!(name in unset), name);
  });
});
