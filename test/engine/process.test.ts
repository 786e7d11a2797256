import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { engineProtocol, type EngineCall, type EngineHello, type EngineProcessEvent } from "../../src/shared/messages";
import type { AnalysisRequest } from "../../src/shared/request";
import type { Result } from "../../src/shared/result";
import { temporaryFolder } from "./checkpoint/files";

const script = join(import.meta.dirname, "../../dist/engine-process.js");
const sample = join(import.meta.dirname, "../../media/samples/gpt2");

type Message = EngineProcessEvent;

/** A request that takes a second, or, with many tokens, longer than any test waits. */
async function request(maxTokens = 512): Promise<AnalysisRequest & { readonly out: string }> {
  return { ...analysisOf(maxTokens), out: join(await temporaryFolder(), "r.normlens.json") };
}

function analysisOf(maxTokens: number): AnalysisRequest {
  return { kind: "analyze", checkpoint: sample, input: { kind: "random" }, maxTokens, skipFirst: false, seed: 0, runtime: "auto", device: "auto" };
}

function send(child: ChildProcess, call: EngineHello | EngineCall): void {
  child.send(call);
}

/** The next message of one kind. */
function next<Type extends Message["type"]>(child: ChildProcess, type: Type): Promise<Extract<Message, { type: Type }>> {
  return new Promise((resolve) => {
    child.on("message", (message: Message) => { if (message.type === type) resolve(message as Extract<Message, { type: Type }>); });
  });
}

/** Starts a run, and resolves when the forward pass is under way. */
async function startLong(child: ChildProcess): Promise<{ readonly folder: string }> {
  const long = await request(400_000);
  send(child, { type: "hello", protocol: engineProtocol });
  await next(child, "ready");
  const forward = new Promise<void>((resolve) => {
    child.on("message", (message: Message) => { if (message.type === "progress" && message.progress.phase === "forward") resolve(); });
  });
  send(child, { type: "run", request: long });
  await forward;
  return { folder: join(long.out, "..") };
}

describe("the engine's process", () => {
  it("greets, runs, and answers with the files that it wrote", async () => {
    const child = fork(script, { stdio: "pipe" });
    send(child, { type: "hello", protocol: engineProtocol });
    expect((await next(child, "ready")).protocol).toBe(engineProtocol);
    const done = next(child, "done");
    const given = await request();
    send(child, { type: "run", request: given });
    const answer = await done;
    expect(Object.keys(answer)).toEqual(["type", "written"]);
    expect(answer.written).toContain(given.out);
    expect((JSON.parse(await readFile(given.out, "utf8")) as Result).layers).toHaveLength(13);
    child.kill("SIGKILL");
  });

  it("refuses an editor that speaks another protocol", async () => {
    const child = fork(script, { stdio: "pipe" });
    const failed = next(child, "failed");
    send(child, { type: "hello", protocol: engineProtocol + 1 });
    expect((await failed).error).toMatchObject({ kind: "refused", message: expect.stringContaining("reload the window") as string });
    child.kill("SIGKILL");
  });

  it("stops when it is asked to, and leaves nothing", async () => {
    const child = fork(script, { stdio: "pipe" });
    const { folder } = await startLong(child);
    const failed = next(child, "failed");
    send(child, { type: "cancel" });
    expect((await failed).error.kind).toBe("cancelled");
    expect(await readdir(folder)).toEqual([]);
    child.kill("SIGKILL");
  });

  it("converts, and forgets what its engines proved where one failed", async () => {
    const folder = await temporaryFolder();
    const cache = join(folder, "cache");
    await mkdir(cache);
    await writeFile(join(cache, "engines.json"), "{}");
    const conversionOf = async (target: string, fallback?: AnalysisRequest["fallback"]) => {
      const child = fork(script, { stdio: "pipe", env: { ...process.env, NORMLENS_CACHE: cache } });
      send(child, { type: "hello", protocol: engineProtocol });
      await next(child, "ready");
      const converted = next(child, "converted");
      send(child, { type: "convert", request: { analysis: { ...analysisOf(64), device: "cpu", runtime: "onnxruntime", ...(fallback && { fallback }) }, target: join(folder, target), names: "official", layers: ["transformer.ln_f"] } });
      const { conversion } = await converted;
      child.kill("SIGKILL");
      return conversion;
    };
    expect((await conversionOf("first")).warnings).toEqual([]);
    expect(await readdir(cache)).toEqual(["engines.json"]);
    const { warnings, files } = await conversionOf("second", { runtime: "tfjs", device: "tensorflow", reason: "its process ended by SIGSEGV" });
    expect(warnings).toEqual(["tfjs on tensorflow failed while the model ran (its process ended by SIGSEGV); another engine took over."]);
    expect(await readdir(cache)).toEqual([]);
    expect((await readdir(join(folder, "second"))).sort()).toEqual(files);
  });

  it("stops a conversion when it is asked to, and leaves nothing", async () => {
    const folder = await temporaryFolder();
    const child = fork(script, { stdio: "pipe" });
    send(child, { type: "hello", protocol: engineProtocol });
    await next(child, "ready");
    const failed = next(child, "failed");
    const forward = new Promise<void>((resolve) => {
      child.on("message", (message: Message) => { if (message.type === "progress" && message.progress.phase === "forward") resolve(); });
    });
    send(child, { type: "convert", request: { analysis: analysisOf(400_000), target: join(folder, "converted"), names: "official" } });
    await forward;
    expect((await readdir(folder)).length).toBe(1);
    send(child, { type: "cancel" });
    expect((await failed).error.kind).toBe("cancelled");
    expect(await readdir(folder)).toEqual([]);
    child.kill("SIGKILL");
  });

  it("does not begin what was stopped before", async () => {
    const child = fork(script, { stdio: "pipe" });
    send(child, { type: "hello", protocol: engineProtocol });
    await next(child, "ready");
    const failed = next(child, "failed");
    const given = await request();
    send(child, { type: "cancel" });
    send(child, { type: "run", request: given });
    expect((await failed).error.kind).toBe("cancelled");
    expect(await readdir(join(given.out, ".."))).toEqual([]);
    child.kill("SIGKILL");
  });

  it("ends with its parent in the middle of a run", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "model"));
    for (const name of ["config.json", "model.safetensors"]) await copyFile(join(sample, name), join(folder, "model", name));
    const long = { ...(await request(400_000)), checkpoint: join(folder, "model"), out: join(folder, "out.normlens.json") };
    // A parent that starts the engine, tells its number once the model runs, and then waits to be killed.
    const parent = spawn(process.execPath, ["-e", `
      const child = require("node:child_process").fork(${JSON.stringify(script)});
      child.on("message", (message) => {
        if (message.type === "ready") child.send({ type: "run", request: ${JSON.stringify(long)} });
        if (message.type === "progress" && message.progress.phase === "forward") console.log(child.pid);
      });
      child.send({ type: "hello", protocol: ${engineProtocol} });
    `], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString().split("\n")[0]);
    expect(() => process.kill(pid, 0)).not.toThrow();
    parent.kill("SIGKILL");
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
    expect((await readdir(folder)).filter((name) => name !== "model")).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
