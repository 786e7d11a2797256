import { fork, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVsix } from "../../scripts/vsix.mjs";
import type { EngineName } from "../../src/shared/engines";
import { engineProtocol, type EngineProcessEvent } from "../../src/shared/messages";
import type { AnalysisRequest } from "../../src/shared/request";
import type { Result } from "../../src/shared/result";

/** Everything that a VSIX may hold; the engine's binaries come with the platform. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|package\.nls(\.[a-z-]+)?\.json|readme\.md|changelog\.md|LICENSE\.txt|SUPPORT\.md|NOTICES\.txt)$/,
  /^extension\/l10n\/bundle\.l10n(\.[a-z-]+)?\.json$/,
  /^extension\/dist\/(extension|exports|tree-sitter|engine|engine-process|engine-proof|measure|tfjs)\.js$/,
  /^extension\/dist\/webview\/(panel\.js|page\.css)$/,
  /^extension\/dist\/grammar\/(web-tree-sitter|tree-sitter-python)\.wasm$/,
  /^extension\/dist\/tfjs-wasm\/tfjs-backend-wasm(-simd|-threaded-simd)?\.wasm$/,
  /^extension\/media\/(icon\.png|activity\.svg|capture\.py|dyt\.py|walkthrough\/(sample|panel|lenses|export)\.svg)$/,
  /^extension\/media\/calibration\/(README\.md|text\.txt|images\/\d\d-\w+\.jpg)$/,
  /^extension\/media\/samples\/gpt2\/(README\.md|model\.safetensors|calibration\.txt|(config|generation_config|tokenizer|tokenizer_config)\.json)$/,
];
const engineScripts = /^extension\/dist\/node_modules\/(onnxruntime-node\/(package\.json|dist\/\w+\.js)|onnxruntime-common\/(package\.json|dist\/cjs\/([\w-]+\.js|package\.json)))$/;
const koffiScripts = /^extension\/dist\/node_modules\/(koffi\/(package\.json|index\.c?js|src\/koffi\/index\.c?js|src\/koffi\/src\/static\.c?js)|@koromix\/koffi-linux-\w+\/(package\.json|index\.js))$/;
const binary = /\.(node|dll|dylib|so[.\d]*)$/;

const out = mkdtempSync(join(tmpdir(), "normlens-vsix-"));
afterAll(() => { rmSync(out, { recursive: true, force: true }); });

function pack(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, ["scripts/package.mjs", "--out", out, ...args], { encoding: "utf8", env: { ...process.env, ...env } });
}

/** Packs for a platform. */
async function packed(target: string) {
  const { status, stdout, stderr } = pack(["--target", target]);
  expect(status, stdout + stderr).toBe(0);
  const file = join(out, readdirSync(out).find((name) => name.includes(target))!);
  return { stdout, bytes: statSync(file).size, files: new Map((await readVsix(file)).map(({ path, bytes }) => [path, bytes])) };
}

type Packed = Awaited<ReturnType<typeof packed>>;

function text({ files }: Packed, path: string): string {
  return files.get(path)!.toString("utf8");
}

/** Its native files, by platform or package. */
function binariesOf({ files }: Packed): string[] {
  return [...files.keys()].filter((path) => binary.test(path)).map((path) => path.replace(/^.*\/(napi-v\d+|node_modules)\//, "")).sort();
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

/** The result of an unpacked engine's analysis of the sample beside it. */
async function analyzeSample(extension: string, asked: EngineName): Promise<Result> {
  const answer = await answerOf(extension, asked);
  if (answer.type !== "done") throw new Error(`The engine answered ${JSON.stringify(answer)}`);
  return JSON.parse(readFileSync(answer.written[0]!, "utf8")) as Result;
}

async function answerOf(extension: string, asked: EngineName): Promise<EngineProcessEvent> {
  const sample = join(extension, "media/samples/gpt2");
  const request: AnalysisRequest = { kind: "analyze", checkpoint: sample, input: { kind: "text", path: join(sample, "calibration.txt") }, maxTokens: 64, skipFirst: false, seed: 0, ...asked, out: join(extension, "sample.normlens.json") };
  const engine = fork(join(extension, "dist/engine-process.js"), { execArgv: [] });
  try {
    return await new Promise((resolve, reject) => {
      engine.once("exit", () => { reject(new Error("The engine ended without an answer.")); });
      engine.on("message", (event: EngineProcessEvent) => {
        if (event.type === "ready") engine.send({ type: "run", request });
        else if (event.type === "done" || event.type === "failed") resolve(event);
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
    const others = [...vsix.files.keys()].filter((path) => !binary.test(path) && ![...allowed, engineScripts, koffiScripts].some((pattern) => pattern.test(path)));
    expect(others).toEqual([]);
    for (const pattern of [...allowed, engineScripts, koffiScripts]) expect([...vsix.files.keys()].some((path) => pattern.test(path)), String(pattern)).toBe(true);
  });

  it("holds the engine's binaries for its platform alone", () => {
    expect(binariesOf(vsix)).toEqual(["@koromix/koffi-linux-x64/linux_x64/koffi.node", "linux/x64/libonnxruntime.so.1", "linux/x64/onnxruntime_binding.node"]);
    expect(text(vsix, "extension.vsixmanifest")).toContain('TargetPlatform="linux-x64"');
  });

  it("takes less than 25 MB, and says what takes the room", () => {
    expect(vsix.bytes).toBeLessThan(25e6);
    for (const part of [/onnxruntime for linux-x64 +2 +\d+\.\d\d MB/, /TensorFlow\.js +4 +\d+\.\d\d MB/, /koffi +10 +\d+\.\d\d MB/]) expect(vsix.stdout).toMatch(part);
  });

  it("needs nothing that is not in it", () => {
    for (const name of ["extension", "exports", "tree-sitter", "engine", "engine-process", "engine-proof", "measure", "tfjs"]) {
      const names = [...text(vsix, `extension/dist/${name}.js`).matchAll(/\b(?:require|import)\("([^"]+)"\)/g)].map((match) => match[1]!);
      // TensorFlow.js would take node-fetch for a model on the web.
      const beside = name === "extension" ? ["vscode", "./exports.js", "./tree-sitter.js"] : ["onnxruntime-node", "koffi", "./tfjs.js", ...(name === "tfjs" ? ["node-fetch"] : [])];
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
    expect(Object.keys(manifest).filter((key) => ["scripts", "dependencies", "devDependencies", "optionalDependencies", "files", "bin", "private", "overrides"].includes(key))).toEqual([]);
  });

  it("has a README whose links lead somewhere", () => {
    const links = [...text(vsix, "extension/readme.md").matchAll(/\]\(([^)]*)\)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !/^(https:|#|data:image\/png;)/.test(link))).toEqual([]);
  });

  it("names the licences of what it contains", () => {
    const notices = text(vsix, "extension/NOTICES.txt");
    for (const name of ["onnxruntime-node", "preact", "chart.js", "web-tree-sitter", "@tensorflow/tfjs-core", "@tensorflow/tfjs-node-gpu", "google-protobuf", "koffi"]) expect(notices).toContain(`\n${name} `);
  });

  it.runIf(process.platform === "linux" && process.arch === "x64")("analyses its sample from where it was unpacked", async () => {
    const extension = unpack(vsix, "linux");
    for (const asked of [{ runtime: "onnxruntime", device: "cpu" }, { runtime: "tfjs", device: "wasm" }]) {
      const { layers, engine } = await analyzeSample(extension, asked);
      expect(layers).toHaveLength(13);
      expect(engine).toMatchObject(asked);
    }
  });

  it.runIf(process.platform === "linux" && process.arch === "x64")("loads koffi from where it was unpacked", async () => {
    const koffi = createRequire(join(unpack(vsix, "linux"), "dist/tfjs.js")).resolve("koffi");
    expect(koffi).toContain(out);
    const { default: loaded } = (await import(pathToFileURL(koffi).href)) as { default: { default: { version: string } } };
    expect(loaded.default.version).toBe((JSON.parse(text(vsix, "extension/dist/node_modules/koffi/package.json")) as { version: string }).version);
  });
});

describe("the VSIX for another platform", () => {
  it("holds that platform's binaries alone, on Windows with DirectML and the shader compiler, and without koffi", async () => {
    const vsix = await packed("win32-x64");
    expect(binariesOf(vsix)).toEqual(["DirectML.dll", "dxcompiler.dll", "dxil.dll", "onnxruntime.dll", "onnxruntime_binding.node"].map((name) => `win32/x64/${name}`));
    expect([...vsix.files.keys()].filter((path) => path.includes("koffi"))).toEqual([]);
    expect(vsix.bytes).toBeLessThan(37e6);
  });

  it("holds TensorFlow.js alone where onnxruntime has no binary, says so where it is packed, and analyses with it", async () => {
    const vsix = await packed("darwin-x64");
    expect(vsix.stdout).toContain("onnxruntime has no binary for darwin-x64: this VSIX analyses checkpoints with TensorFlow.js alone.\n");
    expect([...vsix.files.keys()].filter((path) => path.includes("onnxruntime"))).toEqual([]);
    const { layers, engine } = await analyzeSample(unpack(vsix, "darwin"), { runtime: "auto", device: "auto" });
    expect(layers).toHaveLength(13);
    expect(engine).toMatchObject({ runtime: "tfjs" });
  });

  it("holds koffi for that platform, whatever this one is", async () => {
    expect(binariesOf(await packed("linux-arm64"))).toEqual(["@koromix/koffi-linux-arm64/linux_arm64/koffi.node", "linux/arm64/libonnxruntime.so.1", "linux/arm64/onnxruntime_binding.node"]);
  });

  it("is not packed without koffi's binary, and says what can't be fetched", () => {
    const foreign = process.arch === "arm64" ? "x64" : "arm64";
    const { status, stderr } = pack(["--target", `linux-${foreign}`], { XDG_CACHE_HOME: join(out, "cache"), npm_config_registry: "http://127.0.0.1:9", npm_config_fetch_retries: "0", npm_config_cache: join(out, "npm") });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^@koromix\/koffi-linux-\w+ \d\S* can't be fetched: the npm registry lacks it or can't be reached\.\n$/);
  });

  it("is refused for the browser", () => {
    const { status, stderr } = pack(["--target", "web"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^NormLens can't be packed for "web": .*\n$/);
  });
});
