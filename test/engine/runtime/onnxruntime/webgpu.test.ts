import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { softwareVulkan } from "../../../../scripts/software-vulkan.mjs";
import { recogniseModel } from "../../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import type { TensorReference } from "../../../../src/engine/checkpoint/checkpoint";
import { GraphBuilder } from "../../../../src/engine/graph/builder";
import type { Graph } from "../../../../src/engine/graph/graph";
import type { Batch } from "../../../../src/engine/input/input";
import { prepareInput } from "../../../../src/engine/input/prepare";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import type { Tensor } from "../../../../src/engine/tensor";
import { temporaryFile } from "../../checkpoint/files";
import { worstError } from "../../golden";
import { startRemoteRuntime, type RemoteRuntime } from "./remote-runtime";
import { shapesOf, tapsOf, worstAgainst } from "./taps";

/** Largest error of a norm input, relative to its largest element. */
const tolerance = 1e-5;
const vulkan = softwareVulkan();
const noGpu = "it finds no GPU that Vulkan can use: install or update the GPU's driver and Vulkan's loader (libvulkan1)";
const noRoom = "the GPU has no room for a weight or a value of this model, or takes none of that size";

/** A graph with one dense layer y = x Wᵀ, whose weight [out, in] is a file of zeros that takes no room on the disk. */
async function denseGraph(inSize: number, outSize: number): Promise<Graph> {
  const file = await temporaryFile("weight.bin", "");
  const handle = await open(file, "r+");
  await handle.truncate(4 * inSize * outSize);
  await handle.close();
  const weight: TensorReference = { name: "weight", file, dtype: "F32", shape: [outSize, inSize], offset: 0, length: 4 * inSize * outSize };
  const builder = new GraphBuilder("dense");
  builder.output(builder.linear(builder.input("x", "float32", ["rows", inSize]), { weight, layout: "out-in" }), "y");
  return builder.build();
}

/** y = a convolution of x [1, inputs, length] to as many outputs, three values wide, with weights that are part of the graph. */
function convolutionGraph(inputs: number, outputs: number): Graph {
  const builder = new GraphBuilder("convolution");
  const x = builder.input("x", "float32", [1, inputs, "length"]);
  builder.output(builder.op("Conv", [x, "kernel"], { kernel_shape: { ints: [3] }, pads: { ints: [1, 1] } }), "y");
  const graph = builder.build();
  const kernel = Float32Array.from({ length: outputs * inputs * 3 }, (_, index) => Math.sin(index));
  graph.model.graph?.initializer?.push({ name: "kernel", dataType: 1, dims: [outputs, inputs, 3], rawData: new Uint8Array(kernel.buffer) });
  return graph;
}

function zeros(...shape: readonly [number, number]): Tensor {
  return { type: "float32", shape, data: new Float32Array(shape[0] * shape[1]) };
}

async function runOnce(runtime: Pick<Runtime, "open">, graph: Graph, x: Tensor): Promise<Tensor> {
  const session = await runtime.open(graph);
  try {
    return (await session.run({ x }, ["y"]))["y"]!;
  } finally {
    await session.close();
  }
}

describe.skipIf(vulkan === undefined)("onnxruntime on WebGPU (needs the SwiftShader of an installed Chromium)", () => {
  let webgpu: RemoteRuntime;
  beforeAll(async () => { webgpu = await startRemoteRuntime("webgpu", vulkan!); });
  afterAll(() => { webgpu.stop(); });

  async function expectSameAsOnTheProcessor(checkpoint: string, batches: readonly Batch[]) {
    const expected = await tapsOf(checkpoint, batches, openOnnxRuntime());
    const taps = await tapsOf(checkpoint, batches, webgpu);
    expect(taps.size).toBeGreaterThan(0);
    expect(shapesOf(taps)).toEqual(shapesOf(expected));
    expect(worstAgainst(taps, expected)).toBeLessThan(tolerance);
  }

  test.each(["gpt2", "vit"])("the bundled sample %s: every norm's input is the processor's", async (sample) => {
    const folder = join(import.meta.dirname, "../../../../media/samples", sample);
    const checkpoint = await openCheckpoint(folder);
    const { architecture } = recogniseModel(checkpoint);
    const { batches } = await prepareInput(architecture.input, checkpoint.folder, { choice: { kind: "random" }, maxTokens: 512, seed: 0 });
    await expectSameAsOnTheProcessor(folder, batches);
  });

  test("convolutions give the processor's numbers, whatever the number of channels", async () => {
    for (let inputs = 1; inputs <= 12; inputs++) {
      const graph = convolutionGraph(inputs, 16);
      const x: Tensor = { type: "float32", shape: [1, inputs, 40], data: Float32Array.from({ length: inputs * 40 }, (_, index) => Math.sin(1.7 * index)) };
      const [actual, expected] = [await runOnce(webgpu, graph, x), await runOnce(openOnnxRuntime(), graph, x)];
      expect(worstError(actual.data as Float32Array, expected.data as Float32Array), `${inputs} channels`).toBeLessThan(tolerance);
    }
  });

  test("a value that is larger than any buffer of the GPU is refused in one sentence, and what comes next is computed", async () => {
    const graph = await denseGraph(16, 16_384);
    await expect(runOnce(webgpu, graph, zeros(20_000, 16))).rejects.toThrow(noRoom);
    expect((await runOnce(webgpu, graph, zeros(2, 16))).shape).toEqual([2, 16_384]);
  });

  test("a weight that WebGPU can't take is refused before it is read", async () => {
    const graph = await denseGraph(16_384, 40_000);
    await expect(runOnce(webgpu, graph, zeros(1, 16_384))).rejects.toThrow(/^the weight "weight\S*" takes 2\.6 GB on the GPU, and WebGPU takes 2\.1 GB at most$/);
  });
});

describe("onnxruntime without a GPU", () => {
  async function failure(device: "webgpu" | "cuda", env: Readonly<Record<string, string>>): Promise<unknown> {
    const runtime = await startRemoteRuntime(device, env);
    try {
      return await runOnce(runtime, await denseGraph(4, 4), zeros(1, 4)).then(() => undefined, (error: unknown) => (error as Error).message);
    } finally {
      runtime.stop();
    }
  }

  test.runIf(process.platform === "linux")("says so where there is no Vulkan driver", async () => {
    expect(await failure("webgpu", { VK_ICD_FILENAMES: "/nowhere.json", VK_DRIVER_FILES: "/nowhere.json" })).toBe(noGpu);
  });

  test.skipIf(vulkan === undefined)("says so where the Vulkan driver is no library (needs Chromium's loader)", async () => {
    const library = await temporaryFile("libbroken.so", "no library");
    const icd = await temporaryFile("icd.json", JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: library, api_version: "1.0.5" } }));
    expect(await failure("webgpu", { ...vulkan, VK_ICD_FILENAMES: icd })).toBe(noGpu);
  });

  test.runIf(process.platform === "linux" && process.arch === "x64")("says so where its CUDA library is not there", async () => {
    expect(await failure("cuda", {})).toBe("its CUDA library, or the CUDA and cuDNN libraries that it needs, can't be loaded");
  });
});
