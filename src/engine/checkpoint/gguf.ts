import { dirname, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import type { CheckpointFormat, TensorReference } from "./checkpoint";
import { ggufMagic, readGgufHeader } from "./gguf-header";
import type { GgufHeader } from "./gguf-header";
import { familiar } from "./gguf-names";
import { beginningOf, withInputFile } from "./input-file";
import type { JsonObject } from "./json";
import { readTensor } from "./tensor-data";

/** A file of llama.cpp: configuration and tensors, plain or quantised. Tensors go by the names that their family gives them elsewhere. */
export const ggufFile: CheckpointFormat = {
  name: "gguf",

  async recognises(path) {
    return ggufMagic.equals(await beginningOf(path, ggufMagic.length));
  },

  async open(path) {
    const header = await withInputFile(path, (file) => readGgufHeader(file, path));
    checkWhole(header, path);
    const { rename, config } = familiar(header, path);
    const tensors = new Map(header.tensors.map((tensor) => [rename(tensor.name), { ...tensor, name: rename(tensor.name) }]));
    return { path, folder: dirname(resolve(path)), format: ggufFile.name, tensors, config: { ...config, ...(await frequencyScaling(header.tensors)) } };
  },
};

function checkWhole({ metadata }: GgufHeader, path: string): void {
  const parts = metadata.get("split.count") ?? 1;
  if (parts !== 1) throw new UserError(`${path} is one of ${String(parts)} parts of a model; join them with llama-gguf-split --merge and name the outcome.`);
}

/** Llama 3.1 and later: the converter keeps its scaling of rotary positions as a tensor of divisors, one for each frequency. */
async function frequencyScaling(tensors: readonly TensorReference[]): Promise<JsonObject> {
  const divisors = tensors.find(({ name, shape }) => name === "rope_freqs.weight" && shape.length === 1);
  if (!divisors) return {};
  const statedDivisors = { rope_type: "longrope", short_factor: [...(await readTensor(divisors))], factor: 1, attention_factor: 1, original_max_position_embeddings: 1 };
  return { rope_scaling: statedDivisors };
}
