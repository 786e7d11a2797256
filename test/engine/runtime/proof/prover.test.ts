import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { rememberingProver } from "../../../../src/engine/runtime/proof/proof-cache";
import type { Proof } from "../../../../src/engine/runtime/proof/prove";
import { processProver } from "../../../../src/engine/runtime/proof/prover";
import { CancelledError } from "../../../../src/shared/errors";
import { temporaryFolder } from "../../checkpoint/files";

const engine = { runtime: "onnxruntime", device: "cpu" };
const works: Proof = { works: true, version: "1", gigaflops: 10 };

/** A script that a proof's process runs instead of its own; it writes its number to a file beside it. */
async function script(text: string): Promise<{ path: string; pid: () => Promise<number> }> {
  const folder = await temporaryFolder();
  const path = join(folder, "proof.cjs");
  const pidFile = join(folder, "pid");
  await writeFile(path, `require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));\n${text}`);
  return { path, pid: async () => Number(await readFile(pidFile, "utf8")) };
}

/** Whether a process is gone, or a corpse that its parent has not buried yet. */
async function isGone(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return status === "" || /^State:\s+Z/m.test(status);
}

describe("a proof in a process of its own", () => {
  test("is told with the built script", async () => {
    const proof = await processProver(join(import.meta.dirname, "../../../../dist/engine-proof.js"))(engine, {});
    expect(proof).toMatchObject({ works: true, version: expect.stringMatching(/^1\./) as string });
  });

  test("of an engine that there is none of is a failure in words", async () => {
    const proof = await processProver(join(import.meta.dirname, "../../../../dist/engine-proof.js"))({ runtime: "none", device: "cpu" }, {});
    expect(proof).toMatchObject({ works: false, reason: expect.stringContaining('There is no engine "none"') as string });
  });

  test("a driver that hangs, deaf to everything, is ended in time", async () => {
    const { path, pid } = await script(`process.on("SIGTERM", () => {}); process.on("disconnect", () => {}); process.on("message", () => { for (;;); });`);
    expect(await processProver(path, 1)(engine, {})).toEqual({ works: false, reason: "it did not answer within 1 s, which NORMLENS_PROOF_SECONDS sets" });
    await vi.waitFor(async () => { expect(await isGone(await pid())).toBe(true); });
  });

  test("a driver that crashes is told with the signal and its last words", async () => {
    const { path } = await script(`console.error("first\\nvkCreateDevice failed"); process.on("message", () => setTimeout(() => process.kill(process.pid, "SIGSEGV"), 50));`);
    expect(await processProver(path)(engine, {})).toEqual({ works: false, reason: "its process ended by SIGSEGV (vkCreateDevice failed)" });
  });

  test("a script that can't start is told with its code", async () => {
    const { path } = await script(`process.exit(7)`);
    expect(await processProver(path)(engine, {})).toEqual({ works: false, reason: "its process ended with code 7" });
    expect(await processProver("/no/such/proof.cjs")(engine, {})).toEqual({ works: false, reason: "its process ended with code 1 (Error: Cannot find module '/no/such/proof.cjs')" });
  });

  test("is stopped, and its process with it", async () => {
    const { path, pid } = await script(`process.on("message", () => { for (;;); });`);
    const stop = new AbortController();
    const proof = processProver(path)(engine, {}, stop.signal);
    await vi.waitFor(async () => { expect(await pid()).toBeGreaterThan(0); });
    stop.abort();
    await expect(proof).rejects.toThrow(CancelledError);
    await vi.waitFor(async () => { expect(await isGone(await pid())).toBe(true); });
    await expect(processProver(path)(engine, {}, stop.signal)).rejects.toThrow(CancelledError);
  });
});

describe("what was proven is remembered", () => {
  /** A remembering prover whose machine and whose engine's answer can be changed. */
  async function remembering(proof: Proof) {
    const file = join(await temporaryFolder(), "cache", "engines.json");
    const state = { asks: 0, machine: "a", proof };
    const inner = () => { state.asks++; return Promise.resolve(state.proof); };
    const prover = (fresh = false) => rememberingProver(inner, file, () => Promise.resolve(state.machine), fresh);
    return { file, state, prover };
  }

  test("for the same machine, engine and options", async () => {
    const { state, prover } = await remembering(works);
    expect(await prover()(engine, { gpu: 0 })).toEqual(works);
    expect(await prover()(engine, { gpu: 0 })).toEqual(works);
    expect(state.asks).toBe(1);
    await prover()(engine, { gpu: 1 });
    await prover()({ ...engine, device: "webgpu" }, { gpu: 0 });
    state.machine = "b";
    await prover()(engine, { gpu: 0 });
    expect(state.asks).toBe(4);
  });

  test("unless it is asked for anew", async () => {
    const { state, prover } = await remembering(works);
    await prover()(engine, {});
    await prover(true)(engine, {});
    expect(state.asks).toBe(2);
  });

  test("a failure only for an hour, since it may pass", async () => {
    const { file, state, prover } = await remembering({ works: false, reason: "out of memory" });
    await prover()(engine, {});
    await prover()(engine, {});
    expect(state.asks).toBe(1);
    const entries = JSON.parse(await readFile(file, "utf8")) as Record<string, { at: number }>;
    for (const entry of Object.values(entries)) entry.at -= 3_600_001;
    await writeFile(file, JSON.stringify(entries));
    await prover()(engine, {});
    expect(state.asks).toBe(2);
  });

  test.each(["", "[]", "{", '{"x": 1}', "null"])("a damaged cache, %j, is written anew", async (text) => {
    const { file, state, prover } = await remembering(works);
    await prover()(engine, {});
    await writeFile(file, text);
    await prover()(engine, {});
    await prover()(engine, {});
    expect(state.asks).toBe(2);
  });

  test("a tampered entry counts for nothing", async () => {
    const { file, state, prover } = await remembering(works);
    await prover()(engine, {});
    const [key] = Object.keys(JSON.parse(await readFile(file, "utf8")) as object);
    await writeFile(file, JSON.stringify({ [key!]: { at: Date.now(), proof: { works: true, version: 3, gigaflops: "fast" } } }));
    expect(await prover()(engine, {})).toEqual(works);
    expect(state.asks).toBe(2);
  });

  test("a cache that can't be written changes nothing but speed", async () => {
    const { file, state, prover } = await remembering(works);
    await mkdir(file, { recursive: true });
    expect(await prover()(engine, {})).toEqual(works);
    expect(await prover()(engine, {})).toEqual(works);
    expect(state.asks).toBe(2);
  });
});
