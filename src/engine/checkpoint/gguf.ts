import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import type { CheckpointFormat, TensorReference } from "./checkpoint";
import { ggufMagic, readGgufHeader } from "./gguf-header";
import type { GgufHeader } from "./gguf-header";
import { familiar } from "./gguf-names";
import { beginningOf, withInputFile } from "./input-file";
import { tokenizerOf } from "./gguf-tokenizer";
import type { JsonObject } from "./json";
import { readTensor } from "./tensor-data";
import { unstacked } from "./unstacked";

/** A file of llama.cpp: configuration and tensors, plain or quantised. Tensors go by the names that their family gives them elsewhere. */
export const ggufFile: CheckpointFormat = {
  name: "gguf",

  async recognises(path) {
    return ggufMagic.equals(await beginningOf(path, ggufMagic.length));
  },

  async open(path) {
    const parts = await readParts(path);
    const { rename, config } = familiar(parts[0]!, path);
    const stored = parts.flatMap((part) => part.tensors);
    if (stored.some(({ name }) => name === longRope)) {
      throw new UserError(`${path} scales positions by LongRoPE, which NormLens does not read from GGUF files; use the safetensors checkpoint that it was made from.`);
    }
    const tensors = new Map(stored.flatMap((tensor) => named(tensor, rename(tensor.name)).map((one) => [one.name, one])));
    const definition = tokenizerOf(parts[0]!);
    return { path, folder: dirname(resolve(path)), format: ggufFile.name, tensors, config: { ...config, ...(await frequencyScaling(stored)) }, ...(definition && { tokenizer: { path, definition } }) };
  },
};

/** The tensor under its family's name; what is stacked for all experts is one tensor for each, and a vector that reads one number of a row is a dense layer. */
function named(tensor: TensorReference, name: string): TensorReference[] {
  if (name.includes("*")) return unstacked(tensor).map((one, index) => ({ ...one, name: name.replace("*", String(index)) }));
  const isVector = name.endsWith(denseVector) && tensor.shape.length === 1;
  return [{ ...tensor, name, ...(isVector && { shape: [1, ...tensor.shape] }) }];
}

/** The gate of Qwen's shared expert, which the converter stores without its first axis. */
const denseVector = ".shared_expert_gate.weight";

/** The tensor of LongRoPE's factors, in Phi 3 and 4 of long contexts. */
const longRope = "rope_factors_short.weight";

/** Name of one of several files of a model, as llama-gguf-split gives it. */
const partName = /^(.*)-\d{5}-of-(\d{5})\.gguf$/;

/** The headers of all files of a model, of which any may be named; the first one has the metadata. */
async function readParts(path: string): Promise<GgufHeader[]> {
  const named = await readHeader(path);
  const count = named.metadata.get("split.count") ?? 1;
  if (count === 1) return [named];
  const match = partName.exec(basename(path));
  if (typeof count !== "number" || Number(match?.[2]) !== count) {
    throw new UserError(`${path} is one of ${String(count)} parts of a model, but not called NAME-00001-of-${String(count).padStart(5, "0")}.gguf; give the parts their names back.`);
  }
  const names = Array.from({ length: count }, (_, index) => `${match![1]!}-${String(index + 1).padStart(5, "0")}-of-${match![2]!}.gguf`);
  const parts: GgufHeader[] = [];
  for (const name of names) parts.push(await readHeader(join(dirname(path), name)));
  return parts;
}

function readHeader(path: string): Promise<GgufHeader> {
  return withInputFile(path, (file) => readGgufHeader(file, path));
}

/** Llama 3.1 and later: the converter keeps its scaling of rotary positions as a tensor of divisors, one for each frequency. */
async function frequencyScaling(tensors: readonly TensorReference[]): Promise<JsonObject> {
  const divisors = tensors.find(({ name, shape }) => name === "rope_freqs.weight" && shape.length === 1);
  if (!divisors) return {};
  const statedDivisors = { rope_type: "longrope", short_factor: [...(await readTensor(divisors))], factor: 1, attention_factor: 1, original_max_position_embeddings: 1 };
  return { rope_scaling: statedDivisors };
}
