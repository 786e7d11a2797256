import { fork, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVsix } from "../../scripts/vsix.mjs";
import { engineProtocol, type EngineProcessEvent } from "../../src/shared/messages";
import type { AnalysisRequest } from "../../src/shared/request";
import type { Result } from "../../src/shared/result";

/** Everything that a VSIX may hold; the engine's binaries come with the platform. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|package\.nls(\.[a-z-]+)?\.json|readme\.md|changelog\.md|LICENSE\.txt|SUPPORT\.md|NOTICES\.txt)$/,
  /^extension\/l10n\/bundle\.l10n(\.[a-z-]+)?\.json$/,
  /^extension\/dist\/(extension|exports|tree-sitter|engine|engine-process|measure)\.js$/,
  /^extension\/dist\/webview\/(panel\.js|page\.css)$/,
  /^extension\/dist\/grammar\/(web-tree-sitter|tree-sitter-python)\.wasm$/,
  /^extension\/media\/(icon\.png|activity\.svg|walkthrough\/(sample|panel|lenses|export)\.svg)$/,
  /^extension\/media\/calibration\/(README\.md|text\.txt|images\/\d\d-\w+\.jpg)$/,
  /^extension\/media\/samples\/gpt2\/(README\.md|model\.safetensors|calibration\.txt|(config|generation_config|tokenizer|tokenizer_config)\.json)$/,
];
const engineScripts = /^extension\/dist\/node_modules\/(onnxruntime-node\/(package\.json|dist\/\w+\.js)|onnxruntime-common\/(package\.json|dist\/cjs\/([\w-]+\.js|package\.json)))$/;
const binary = /\.(node|dll|dylib|so[.\d]*)$/;

const out = mkdtempSync(join(tmpdir(), "normlens-vsix-"));
afterAll(() => { rmSync(out, { recursive: true, force: true }); });

function pack(...args: string[]) {
  return spawnSync(process.execPath, ["scripts/package.mjs", "--out", out, ...args], { encoding: "utf8" });
}

/** Packs for a platform. */
async function packed(target: string) {
  const { status, stdout, stderr } = pack("--target", target);
  expect(status, stdout + stderr).toBe(0);
  const file = join(out, readdirSync(out).find((name) => name.includes(target))!);
  return { stdout, bytes: statSync(file).size, files: new Map((await readVsix(file)).map(({ path, bytes }) => [path, bytes])) };
}

type Packed = Awaited<ReturnType<typeof packed>>;

function text({ files }: Packed, path: string): string {
  return files.get(path)!.toString("utf8");
}

/** Unpacked where nothing of the project can be found from. */
function unpack({ files }: Packed, name: string): string {
  for (const [path, bytes] of files) {
    const target = join(out, name, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
  return join(out, name, "extension");
}

/** Every text in a value, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** What an unpacked engine answers to an analysis of the sample beside it. */
async function analyzeSample(extension: string): Promise<EngineProcessEvent> {
  const sample = join(extension, "media/samples/gpt2");
  const request: AnalysisRequest = { kind: "analyze", checkpoint: sample, input: { kind: "text", path: join(sample, "calibration.txt") }, maxTokens: 64, skipFirst: false, seed: 0, runtime: "auto", device: "auto", out: join(extension, "sample.normlens.json") };
  const engine = fork(join(extension, "dist/engine-process.js"), { execArgv: [] });
  try {
    return await new Promise((resolve, reject) => {
      engine.once("exit", () => { reject(new Error("The engine ended without an answer.")); });
      engine.on("message", (event: EngineProcessEvent) => {
        if (event.type === "ready") engine.send({ type: "run", request });
        else if (event.type !== "progress") resolve(event);
      });
      engine.send({ type: "hello", protocol: engineProtocol });
    });
  } finally {
    engine.kill("SIGKILL");
  }
}

describe("the VSIX for linux-x64", () => {
  let vsix: Packed;
  beforeAll(async () => { vsix = await packed("linux-x64"); }, 60_000);

  it("holds what the allow-list names and nothing else", () => {
    const others = [...vsix.files.keys()].filter((path) => !binary.test(path) && ![...allowed, engineScripts].some((pattern) => pattern.test(path)));
    expect(others).toEqual([]);
    for (const pattern of [...allowed, engineScripts]) expect([...vsix.files.keys()].some((path) => pattern.test(path)), String(pattern)).toBe(true);
  });

  it("holds the engine's binaries for its platform alone", () => {
    expect([...vsix.files.keys()].filter((path) => binary.test(path)).map((path) => path.replace(/^.*\/napi-v\d+\//, "")).sort()).toEqual(["linux/x64/libonnxruntime.so.1", "linux/x64/onnxruntime_binding.node"]);
    expect(text(vsix, "extension.vsixmanifest")).toContain('TargetPlatform="linux-x64"');
  });

  it("takes less than 30 MB, and says what takes the room", () => {
    expect(vsix.bytes).toBeLessThan(30e6);
    expect(vsix.stdout).toMatch(/onnxruntime for linux-x64 +2 +\d+\.\d\d MB/);
  });

  it("needs nothing that is not in it", () => {
    for (const name of ["extension", "exports", "tree-sitter", "engine", "engine-process", "measure"]) {
      const names = [...text(vsix, `extension/dist/${name}.js`).matchAll(/\brequire\("([^"]+)"\)/g)].map((match) => match[1]!);
      const beside = name === "extension" ? ["vscode", "./exports.js", "./tree-sitter.js"] : ["onnxruntime-node"];
      expect(names.filter((module) => !isBuiltin(module) && !beside.includes(module)), name).toEqual([]);
    }
  });

  it("has every file that its manifest names", () => {
    const manifest = JSON.parse(text(vsix, "extension/package.json")) as Record<string, unknown>;
    const named = textsIn(manifest).filter((value) => /^(\.\/)?(dist|media|l10n)(\/|$)/.test(value)).map((value) => value.replace(/^\.\//, ""));
    expect(named).toContain("media/walkthrough/lenses.svg");
    const missing = named.filter((path) => ![...vsix.files.keys()].some((file) => file === `extension/${path}` || file.startsWith(`extension/${path}/`)));
    expect(missing).toEqual([]);
  });

  it("has a manifest without what only its making needs", () => {
    const manifest = JSON.parse(text(vsix, "extension/package.json")) as Record<string, unknown>;
    expect(Object.keys(manifest).filter((key) => ["scripts", "dependencies", "devDependencies", "files", "bin", "private", "overrides"].includes(key))).toEqual([]);
  });

  it("has a README whose links lead somewhere", () => {
    const links = [...text(vsix, "extension/readme.md").matchAll(/\]\(([^)]*)\)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !/^(https:|#|data:image\/png;)/.test(link))).toEqual([]);
  });

  it("names the licences of what it contains", () => {
    const notices = text(vsix, "extension/NOTICES.txt");
    for (const name of ["onnxruntime-node", "preact", "chart.js", "web-tree-sitter"]) expect(notices).toContain(`\n${name} `);
  });

  it.runIf(process.platform === "linux" && process.arch === "x64")("analyses its sample from where it was unpacked", async () => {
    const answer = await analyzeSample(unpack(vsix, "linux"));
    expect(answer).toMatchObject({ type: "done" });
    const [written] = answer.type === "done" ? answer.written : [];
    expect((JSON.parse(readFileSync(written!, "utf8")) as Result).layers).toHaveLength(13);
  });
});

describe("the VSIX for another platform", () => {
  it("holds that platform's binaries alone, without DirectML", async () => {
    const vsix = await packed("win32-x64");
    expect([...vsix.files.keys()].filter((path) => binary.test(path)).map((path) => path.replace(/^.*\/napi-v\d+\//, "")).sort()).toEqual(["win32/x64/onnxruntime.dll", "win32/x64/onnxruntime_binding.node"]);
    expect(vsix.bytes).toBeLessThan(30e6);
    expect(vsix.stdout).toMatch(/left out: .*DirectML\.dll/);
  });

  it("holds no engine where onnxruntime has none, and says so where it is packed and where it is asked", async () => {
    const vsix = await packed("darwin-x64");
    expect(vsix.stdout).toContain("onnxruntime has no binary for darwin-x64: this VSIX shows results, lenses and exports, and can't analyse checkpoints.\n");
    expect([...vsix.files.keys()].filter((path) => path.includes("onnxruntime"))).toEqual([]);
    const answer = await analyzeSample(unpack(vsix, "darwin"));
    expect(answer).toMatchObject({ type: "failed", error: { kind: "refused" } });
    expect(answer.type === "failed" && answer.error.message.split("\n")).toHaveLength(1);
  });

  it("is refused for the browser", () => {
    const { status, stderr } = pack("--target", "web");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^NormLens can't be packed for "web": .*\n$/);
  });
});
