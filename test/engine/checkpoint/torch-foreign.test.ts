import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Weights } from "../../../src/engine/architecture/weights";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { refusal } from "./files";

const golden = join(import.meta.dirname, "golden");

describe.each([
  ["sparse", "is sparse; save it dense, with .to_dense()."],
  ["sparse-rows", "is sparse; save it dense, with .to_dense()."],
  ["quantised", "is quantised by PyTorch; save the model before it is quantised, or the tensor with .dequantize()."],
  ["meta", "is on the device meta, so that its elements were never saved; load the model's weights before saving it."],
])("a tensor that is %s", (name, sentence) => {
  test("is told where a file holds nothing else", async () => {
    expect(await refusal(openCheckpoint(join(golden, `foreign-${name}.pt`)))).toContain(`foreign-${name}.pt: tensor "wte.weight" ${sentence}`);
  });

  test("is told where it is needed, not called missing", async () => {
    const checkpoint = await openCheckpoint(join(golden, `foreign-${name}-beside.pt`));
    expect([...checkpoint.tensors.keys()]).toEqual(["h.0.ln_1.weight"]);
    expect(() => new Weights(checkpoint, "transformer.").tensor("wte.weight", [3, 4])).toThrow(`tensor transformer.wte.weight ${sentence}`);
    expect(() => new Weights(checkpoint).within("wte.weight")).toThrow(`tensor transformer.wte.weight ${sentence}`);
    expect(() => new Weights(checkpoint).tensor("wpe.weight", [3, 4])).toThrow("tensor wpe.weight is missing");
  });
});
