import { describe, expect, it } from "vitest";
import { afterCrash } from "../../src/extension/run/after-crash";
import { choiceLines } from "../../src/extension/run/choice-lines";
import type { AnalysisRequest } from "../../src/shared/request";

const request: AnalysisRequest = { kind: "analyze", checkpoint: "gpt2", input: { kind: "random" }, maxTokens: 64, skipFirst: false, seed: 0, runtime: "auto", device: "auto", gpu: 1 };

describe("after a crash", () => {
  it("an analysis is tried on the processor, and says what failed", () => {
    expect(afterCrash(request, { runtime: "tfjs", device: "tensorflow" }, "its process ended by SIGSEGV")).toEqual({
      ...request,
      runtime: "onnxruntime",
      device: "cpu",
      fallback: { runtime: "tfjs", device: "tensorflow", reason: "its process ended by SIGSEGV" },
    });
  });

  it("so is a measurement of replaced norms", () => {
    expect(afterCrash({ ...request, kind: "replace", heldOutTokens: 64 }, { runtime: "onnxruntime", device: "webgpu" }, "its process ended")).toMatchObject({ kind: "replace", heldOutTokens: 64, device: "cpu" });
  });

  it("nothing is tried again on the engine that crashed, without an engine, or where no model ran", () => {
    expect(afterCrash(request, { runtime: "onnxruntime", device: "cpu" }, "")).toBeUndefined();
    expect(afterCrash(request, undefined, "")).toBeUndefined();
    expect(afterCrash({ kind: "fit", capture: "c", skipFirst: false, seed: 0 }, { runtime: "tfjs", device: "wasm" }, "")).toBeUndefined();
  });
});

it("the log tells the engine that was taken, and what spoke against each of the others", () => {
  const others = [{ runtime: "tfjs", device: "wasm", reason: "slower: 30 GFLOP/s, where onnxruntime on cpu has 200" }];
  expect(choiceLines({ runtime: "onnxruntime", device: "cpu" }, { asked: { runtime: "auto", device: "auto" }, reason: "the fastest of 2 that work here", others })).toEqual([
    "Engine: onnxruntime on cpu, the fastest of 2 that work here.",
    "  Not tfjs on wasm: slower: 30 GFLOP/s, where onnxruntime on cpu has 200",
  ]);
});
