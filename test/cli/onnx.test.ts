import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Inspection } from "../../src/shared/inspection";
import type { Result } from "../../src/shared/result";
import { temporaryFile } from "../engine/checkpoint/files";
import { normlens } from "./run";

const graph = join(import.meta.dirname, "../engine/graph/exported/layernorm-traced-17.onnx");

/** [1, 7] ids below 13 as int64, as numpy.save writes them. */
function idsFile(): Promise<string> {
  const header = "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 7), }".padEnd(117) + "\n";
  const ids = BigInt64Array.from([3, 1, 4, 1, 5, 9, 2], BigInt);
  return temporaryFile("ids.npy", Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]), Buffer.from(header), new Uint8Array(ids.buffer)]));
}

describe("an ONNX graph", () => {
  test("is inspected", async () => {
    const { code, stdout } = await normlens("inspect", graph, "--json");
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Inspection).norms.map(({ name }) => name)).toEqual(["h.0.ln_1", "h.0.ln_2", "h.1.ln_1", "h.1.ln_2", "ln_f"]);
  });

  test("tells what it must be fed, and what it is", async () => {
    const { stdout } = await normlens("inspect", graph);
    expect(stdout).toContain("Input    input_ids: int64 [1, 7], ids below 13");
    expect(stdout).toContain("main_graph, ONNX graph, 2 blocks");
  });

  test("is analysed over arrays for its inputs", async () => {
    const ids = await idsFile();
    const { code, stdout, stderr } = await normlens("analyze", graph, "--input", `input_ids=${ids}`, "--json", "--quiet", "--runtime", "onnxruntime", "--device", "cpu");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { layers, input, model } = JSON.parse(stdout) as Result;
    expect(layers.map(({ tokens }) => tokens)).toEqual([7, 7, 7, 7, 7]);
    expect(input).toMatchObject({ kind: "ids", source: ids, sequences: 1, tokens: 7 });
    expect(model).toMatchObject({ family: "onnx", format: "onnx", isLanguageModel: true });
  });

  test("is not fed without a name", async () => {
    const { code, stderr } = await normlens("analyze", graph, "--input", "ids.npy");
    expect(code).toBe(2);
    expect(stderr).toContain("NAME=FILE.npy is expected");
  });
});
