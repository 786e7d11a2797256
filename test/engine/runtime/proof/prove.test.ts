import { describe, expect, test } from "vitest";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import { blockGraph } from "../../../../src/engine/runtime/proof/block";
import { prove } from "../../../../src/engine/runtime/proof/prove";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import type { Tensor } from "../../../../src/engine/tensor";

/** A runtime whose outputs are changed on their way. */
function altered(change: (value: number, index: number) => number): Runtime {
  const runtime = openOnnxRuntime();
  const alter = (tensor: Tensor): Tensor => (tensor.type === "float32" ? { ...tensor, data: tensor.data.map(change) } : tensor);
  return {
    name: "altered",
    device: "cpu",
    version: "1",
    hardware: "Test 9000",
    open: async (graph) => {
      const session = await runtime.open(graph);
      return {
        run: async (feeds, fetches) => Object.fromEntries(Object.entries(await session.run(feeds, fetches)).map(([name, tensor]) => [name, alter(tensor)])),
        close: () => session.close(),
      };
    },
  };
}

const proofOf = (change: (value: number, index: number) => number, tf32?: boolean) => prove(() => Promise.resolve(altered(change)), { tf32 });

describe("a proof", () => {
  test("is given to right numbers, with version, hardware and speed", async () => {
    const proof = await proofOf((value) => value);
    expect(proof).toMatchObject({ works: true, version: "1", hardware: "Test 9000" });
    expect(proof.works && proof.gigaflops).toBeGreaterThan(0);
  });

  test("is refused to one element that is off by a thousandth", async () => {
    expect(await proofOf((value, index) => (index === 77 ? value + 0.001 : value))).toEqual({ works: false, reason: expect.stringMatching(/^its numbers are wrong: off by \de-[34] of the largest/) as string });
  });

  test("is refused to a NaN and to nothing but zeros", async () => {
    expect(await proofOf((value, index) => (index === 3 ? NaN : value))).toMatchObject({ works: false, reason: expect.stringContaining("NaN") as string });
    expect(await proofOf(() => 0)).toMatchObject({ works: false, reason: expect.stringContaining("1e+0") as string });
  });

  test("admits the rounding of TF32 where it was asked for", async () => {
    const rounded = (value: number): number => value * (1 + 2 ** -11);
    expect(await proofOf(rounded)).toMatchObject({ works: false });
    expect(await proofOf(rounded, true)).toMatchObject({ works: true });
  });
});

test("the block's inputs of norms can be tapped", () => {
  const { model } = blockGraph({ tokens: 4, width: 8, heads: 2 }, new Float32Array(256));
  expect(model.graph?.node?.filter((node) => node.opType === "LayerNormalization").map((node) => node.name)).toEqual(["attentionNorm", "ffnNorm"]);
});
