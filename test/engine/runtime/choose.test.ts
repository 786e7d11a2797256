import { describe, expect, test } from "vitest";
import type { Graph } from "../../../src/engine/graph/graph";
import { chooseRuntime, surveyEngines } from "../../../src/engine/runtime/choose";
import type { Proof } from "../../../src/engine/runtime/proof/prove";
import type { Prover } from "../../../src/engine/runtime/proof/prover";
import type { Runtime } from "../../../src/engine/runtime/runtime";
import type { Engine } from "../../../src/engine/runtime/runtimes";
import type { Tensor } from "../../../src/engine/tensor";
import { CancelledError, UserError } from "../../../src/shared/errors";

const auto = { runtime: "auto", device: "auto" };
const works = (gigaflops: number): Proof => ({ works: true, version: "1", gigaflops });
const fails = (reason: string): Proof => ({ works: false, reason });
const graph: Graph = { model: {}, weights: new Map() };
const one: Record<string, Tensor> = { y: { type: "float32", shape: [1], data: Float32Array.of(1) } };

/** What a made-up runtime does when it is used; it does what it should unless stated. */
interface Behaviour {
  readonly open?: () => void;
  readonly openGraph?: () => void;
  readonly run?: () => void;
  readonly closed?: () => void;
}

function engine(name: string, options: Partial<Engine> = {}, { open, openGraph, run, closed }: Behaviour = {}): Engine {
  const [runtime, device] = name.split("/") as [string, string];
  const opened: Runtime = {
    name: runtime,
    device,
    version: "1",
    open: () => {
      openGraph?.();
      return Promise.resolve({
        run: () => {
          run?.();
          return Promise.resolve({ ...one, by: { type: "float32" as const, shape: [], data: Float32Array.of(name.length) } });
        },
        close: () => {
          closed?.();
          return Promise.resolve();
        },
      });
    },
  };
  return { runtime, device, ...options, open: () => { open?.(); return Promise.resolve(opened); } };
}

/** Proofs by name; asks are noted. */
function proverOf(proofs: Record<string, Proof>): { prover: Prover; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    prover: ({ runtime, device }) => {
      const name = `${runtime}/${device}`;
      asked.push(name);
      const proof = proofs[name];
      return proof === undefined ? Promise.reject(new Error(`${name} was not to be asked`)) : Promise.resolve(proof);
    },
  };
}

const gpu = engine("ort/gpu");
const cpu = engine("ort/cpu", { trusted: true });
const wasm = engine("tfjs/wasm", { lastResort: true });
const broken = (): never => { throw new Error("out of memory on the device\nstack"); };

describe("auto", () => {
  test("takes the fastest that works, and says what spoke against the others", async () => {
    const { prover } = proverOf({ "ort/gpu": works(900), "tf/gpu": works(1200), "ort/cpu": works(200), "ort/dml": fails("no Vulkan") });
    const { runtime, choice } = await chooseRuntime(auto, {}, { prover, engines: [gpu, engine("tf/gpu"), engine("ort/dml"), cpu, wasm] });
    expect(runtime).toMatchObject({ name: "tf", device: "gpu" });
    expect(choice).toEqual({
      asked: auto,
      reason: "the fastest of 3 that work here",
      others: [
        { runtime: "ort", device: "dml", reason: "no Vulkan" },
        { runtime: "ort", device: "gpu", reason: "not faster: 900 GFLOP/s, where tf on gpu has 1200" },
        { runtime: "ort", device: "cpu", reason: "not faster: 200 GFLOP/s, where tf on gpu has 1200" },
        { runtime: "tfjs", device: "wasm", reason: "a last resort, not tried" },
      ],
    });
  });

  test("leaves a GPU that works in software aside for a faster processor", async () => {
    const { prover } = proverOf({ "ort/gpu": works(0.8), "ort/cpu": works(200) });
    const { runtime } = await chooseRuntime(auto, {}, { prover, engines: [gpu, cpu] });
    expect(runtime.device).toBe("cpu");
  });

  test("keeps to the processor unless another one is clearly faster", async () => {
    const device = async (speed: number) => (await chooseRuntime(auto, {}, { prover: proverOf({ "ort/gpu": works(speed), "ort/cpu": works(200) }).prover, engines: [gpu, cpu] })).runtime.device;
    expect(await device(390)).toBe("cpu");
    expect(await device(410)).toBe("gpu");
  });

  test("does not have the processor prove itself where there is nothing to compare it with", async () => {
    const { prover, asked } = proverOf({ "ort/gpu": fails("no adapter") });
    const { runtime, choice } = await chooseRuntime(auto, {}, { prover, engines: [gpu, cpu, wasm] });
    expect(runtime.device).toBe("cpu");
    expect(choice.reason).toBe("nothing else that was tried works here");
    expect(asked).toEqual(["ort/gpu"]);
  });

  test("does not try what is known to be missing", async () => {
    const { prover, asked } = proverOf({});
    const { choice } = await chooseRuntime(auto, {}, { prover, engines: [engine("ort/dml", { missing: () => "only on Windows" }), cpu] });
    expect(asked).toEqual([]);
    expect(choice.others).toEqual([{ runtime: "ort", device: "dml", reason: "only on Windows" }]);
  });

  test("does not load what its files tell to be damaged", async () => {
    const damaged = engine("ort/cpu", { trusted: true, missing: () => "the library is cut short" }, { open: () => { throw new Error("it was loaded"); } });
    const { choice } = await chooseRuntime(auto, {}, { prover: proverOf({ "tfjs/wasm": works(20) }).prover, engines: [damaged, wasm] });
    expect(choice.others).toEqual([{ runtime: "ort", device: "cpu", reason: "the library is cut short" }]);
  });

  test("takes the next where the fastest can't be opened after all", async () => {
    const { prover } = proverOf({ "ort/gpu": works(900), "ort/cpu": works(200) });
    const { runtime, choice } = await chooseRuntime(auto, {}, { prover, engines: [engine("ort/gpu", {}, { open: broken }), cpu] });
    expect(runtime.device).toBe("cpu");
    expect(choice.others).toEqual([{ runtime: "ort", device: "gpu", reason: "out of memory on the device" }]);
  });

  test("comes to the last resort when nothing else opens", async () => {
    const { prover } = proverOf({ "tfjs/js": fails("no memory"), "tfjs/wasm": works(20) });
    const { runtime, choice } = await chooseRuntime(auto, {}, { prover, engines: [engine("ort/cpu", { trusted: true }, { open: broken }), engine("tfjs/js", { lastResort: true }), wasm] });
    expect(runtime.device).toBe("wasm");
    expect(choice.others).toEqual([{ runtime: "ort", device: "cpu", reason: "out of memory on the device" }, { runtime: "tfjs", device: "js", reason: "no memory" }]);
    expect(choice.reason).toMatch(/^the last resort/);
  });
});

describe("an engine that is asked for", () => {
  test("has to prove itself, and is taken however slow it is", async () => {
    const { prover } = proverOf({ "tfjs/wasm": works(20) });
    const { runtime, choice } = await chooseRuntime({ runtime: "tfjs", device: "wasm" }, {}, { prover, engines: [cpu, wasm] });
    expect(runtime.device).toBe("wasm");
    expect(choice).toMatchObject({ reason: "asked for", others: [] });
  });

  test("is refused with its reason where it does not work", async () => {
    const { prover } = proverOf({ "ort/gpu": fails("its process ended by SIGSEGV") });
    const refusal = chooseRuntime({ runtime: "ort", device: "gpu" }, {}, { prover, engines: [gpu, cpu] });
    await expect(refusal).rejects.toThrow(UserError);
    await expect(refusal).rejects.toThrow(/^The engine that was asked for does not run on this machine \(ort on gpu: its process ended by SIGSEGV\)/);
  });

  test("is refused where there is none of that name", async () => {
    await expect(chooseRuntime({ runtime: "ort", device: "npu" }, {}, { prover: proverOf({}).prover, engines: [gpu, cpu] })).rejects.toThrow('There is no engine "ort" on "npu"; this version has ort on gpu, ort on cpu.');
  });

  test("stops with the proof", async () => {
    const prover: Prover = () => Promise.reject(new CancelledError());
    await expect(chooseRuntime({ runtime: "ort", device: "gpu" }, {}, { prover, engines: [gpu, cpu] })).rejects.toThrow(CancelledError);
  });
});

describe("an engine that fails while it runs", () => {
  const choose = async (behaviour: Behaviour, others: readonly Engine[] = [cpu]) => {
    const { prover } = proverOf({ "ort/gpu": works(900), "ort/cpu": works(200) });
    return (await chooseRuntime(auto, {}, { prover, engines: [engine("ort/gpu", {}, behaviour), ...others] })).runtime;
  };

  test("hands over when a graph can't be opened", async () => {
    const runtime = await choose({ openGraph: broken });
    const session = await runtime.open(graph);
    expect(await session.run({}, ["y"])).toMatchObject(one);
    expect(runtime).toMatchObject({ name: "ort", device: "cpu", fallback: { runtime: "ort", device: "gpu", reason: "out of memory on the device" } });
  });

  test("hands over in the middle, and what follows goes to the other from the start", async () => {
    let runs = 0;
    let opened = 0;
    let closed = 0;
    const runtime = await choose({ openGraph: () => { opened++; }, run: () => { if (++runs === 2) broken(); }, closed: () => { closed++; } });
    const session = await runtime.open(graph);
    await session.run({}, ["y"]);
    expect(runtime.fallback).toBeUndefined();
    expect(await session.run({}, ["y"])).toMatchObject(one);
    await session.run({}, ["y"]);
    await session.close();
    await (await runtime.open(graph)).close();
    expect({ runs, opened, closed }).toEqual({ runs: 2, opened: 1, closed: 1 });
    expect(runtime.device).toBe("cpu");
  });

  test("hands over once only", async () => {
    const runtime = await choose({ run: broken }, [engine("ort/cpu", { trusted: true }, { run: () => { throw new Error("a second failure"); } })]);
    const session = await runtime.open(graph);
    await expect(session.run({}, ["y"])).rejects.toThrow("a second failure");
  });

  test("tells its own failure where nothing can take over", async () => {
    const runtime = await choose({ run: broken }, []);
    await expect((await runtime.open(graph)).run({}, ["y"])).rejects.toThrow("out of memory on the device");
  });

  test("does not hand over where it was stopped", async () => {
    const runtime = await choose({ run: () => { throw new CancelledError(); } });
    await expect((await runtime.open(graph)).run({}, ["y"])).rejects.toThrow(CancelledError);
    expect(runtime.fallback).toBeUndefined();
  });

  test("that is trusted tells its failure, since one that is slower would only hide it", async () => {
    const { runtime } = await chooseRuntime(auto, {}, { prover: proverOf({}).prover, engines: [engine("ort/cpu", { trusted: true }, { run: broken }), wasm] });
    await expect((await runtime.open(graph)).run({}, ["y"])).rejects.toThrow("out of memory on the device");
  });
});

test("a survey tries every engine, also those that are trusted or a last resort", async () => {
  const { prover } = proverOf({ "ort/gpu": fails("no adapter"), "ort/cpu": works(200), "tfjs/wasm": works(20) });
  const tried: string[] = [];
  const statuses = await surveyEngines({}, { prover, engines: [gpu, engine("ort/dml", { missing: () => "only on Windows" }), cpu, wasm], onTrying: ({ device }) => { tried.push(device); } });
  expect(statuses).toEqual([
    { runtime: "ort", device: "gpu", available: false, reason: "no adapter" },
    { runtime: "ort", device: "dml", available: false, reason: "only on Windows" },
    { runtime: "ort", device: "cpu", available: true, version: "1", gigaflops: 200 },
    { runtime: "tfjs", device: "wasm", available: true, version: "1", gigaflops: 20 },
  ]);
  expect(tried).toEqual(["gpu", "cpu", "wasm"]);
});

test("a survey of one engine tries no other, and refuses one that there is not", async () => {
  const { prover } = proverOf({ "tfjs/wasm": works(20) });
  const tried: string[] = [];
  const trials = { prover, engines: [gpu, cpu, wasm], onTrying: ({ device }: { readonly device: string }) => { tried.push(device); } };
  expect(await surveyEngines({}, trials, { runtime: "tfjs", device: "wasm" })).toEqual([{ runtime: "tfjs", device: "wasm", available: true, version: "1", gigaflops: 20 }]);
  expect(tried).toEqual(["wasm"]);
  await expect(surveyEngines({}, trials, { runtime: "tfjs", device: "nothing" })).rejects.toThrow('There is no engine "tfjs" on "nothing"');
});
