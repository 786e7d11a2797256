import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import type { TensorReference } from "../../../../src/engine/checkpoint/checkpoint";
import { GraphBuilder } from "../../../../src/engine/graph/builder";
import type { Graph } from "../../../../src/engine/graph/graph";
import { modelInMemory, modelOnFiles } from "../../../../src/engine/runtime/onnxruntime/model";
import { temporaryFile } from "../../checkpoint/files";

/** A float32 vector in a file of its own folder, behind `offset` other bytes. */
async function vector(name: string, offset: number, values: readonly number[]): Promise<TensorReference> {
  const file = await temporaryFile("weights.bin", Buffer.concat([Buffer.alloc(offset, 255), Buffer.from(Float32Array.from(values).buffer)]));
  return { name, file, dtype: "F32", shape: [values.length], offset, length: 4 * values.length };
}

/** y = x a + b, whose weights lie in two folders under one file name, at odd places. */
async function twoFolders(): Promise<Graph> {
  const builder = new GraphBuilder("two folders");
  const scaled = builder.multiply(builder.input("x", "float32", [2]), builder.weight(await vector("a", 3, [2, 3])));
  builder.output(builder.add(scaled, builder.weight(await vector("b", 5, [10, 20]))), "y");
  return builder.build();
}

test.each([modelOnFiles, modelInMemory])("%o has every weight, wherever it lies", async (write) => {
  const { bytes, weights } = await write(await twoFolders());
  const session = await InferenceSession.create(bytes, { executionProviders: ["cpu"], ...weights });
  const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 1), [2]) });
  expect(y!.data).toEqual(Float32Array.of(12, 23));
  await session.release();
});

test("weights in memory are no part of the model, which may not grow beyond 2 GB", async () => {
  const { weights } = await modelInMemory(await twoFolders());
  expect(weights.externalData).toHaveLength(2);
});
