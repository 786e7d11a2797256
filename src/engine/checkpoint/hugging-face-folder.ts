import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import type { CheckpointFormat } from "./checkpoint";
import { flaxFile } from "./flax";
import { tensorflowInOneFile } from "./foreign-formats";
import { ggufFile } from "./gguf";
import { hdf5File } from "./hdf5-file";
import { kerasFile } from "./keras";
import { onnxFile } from "./onnx";
import { safetensorsFile } from "./safetensors";
import { flaxIndex, safetensorsIndex, torchIndex } from "./shard-index";
import { torchFile } from "./torch";

/** Files of one format that a folder may hold weights in. */
interface WeightFiles {
  readonly format: CheckpointFormat;
  /** What reads an index of shards. */
  readonly index?: CheckpointFormat;
  /** Name of the whole model's file, or its index's without ".index.json", which come before others. */
  readonly usual: string;
  readonly endings: readonly string[];
}

/** In the order in which they are preferred. */
const weightFiles: readonly WeightFiles[] = [
  { format: safetensorsFile, index: safetensorsIndex, usual: "model.safetensors", endings: [".safetensors"] },
  { format: torchFile, index: torchIndex, usual: "pytorch_model.bin", endings: [".bin", ".pt", ".pth", ".ckpt", ".pth.tar"] },
  { format: ggufFile, usual: "model.gguf", endings: [".gguf"] },
  { format: flaxFile, index: flaxIndex, usual: "flax_model.msgpack", endings: [".msgpack"] },
  { format: kerasFile, usual: "model.keras", endings: [".keras"] },
  { format: hdf5File, usual: "tf_model.h5", endings: [".h5", ".hdf5"] },
  { format: onnxFile, usual: "model.onnx", endings: [".onnx"] },
];

const indexEnding = ".index.json";

/** Whether a file is what training programs save beside a model, judged by its name. */
export function isTrainingState(name: string): boolean {
  return /^(optimizer|scheduler|scaler|rng_state|random_states|training_args|trainer_state)/.test(name);
}

/** A folder as Hugging Face's libraries and timm write it, or any other that holds one checkpoint: config.json, weights in one file or in shards with an index. */
export const huggingFaceFolder: CheckpointFormat = {
  name: "folder",

  async recognises(path) {
    return (await stat(path)).isDirectory() && (await findWeights(path)) !== undefined;
  },

  async open(path) {
    const { kind, names } = (await findWeights(path))!;
    const name = chooseWeights(names, kind, path);
    const format = name.endsWith(indexEnding) ? kind.index! : kind.format;
    return { ...(await format.open(join(path, name))), path };
  },
};

async function findWeights(folder: string): Promise<{ kind: WeightFiles; names: readonly string[] } | undefined> {
  const all = (await readdir(folder)).sort();
  for (const kind of weightFiles) {
    const names: string[] = [];
    for (const name of all) if (await holdsWeights(kind, folder, name)) names.push(name);
    if (names.length > 0) return { kind, names };
  }
  return undefined;
}

/** Usual names count whatever stands in the file: then opening it says what is wrong. */
async function holdsWeights({ format, index, usual, endings }: WeightFiles, folder: string, name: string): Promise<boolean> {
  if (index && endings.some((ending) => name.endsWith(ending + indexEnding))) return true;
  if (!endings.some((ending) => name.endsWith(ending)) || isTrainingState(name)) return false;
  return name === usual || ((await leadsSomewhere(join(folder, name))) && (await format.recognises(join(folder, name))));
}

/** Links in a folder need not: what they stood for can be gone. */
async function leadsSomewhere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether a name is that of one of several files without an index, any of which stands for all. */
function isPartOfOne(name: string): boolean {
  return /-\d{5}-of-\d{5}\.gguf$/.test(name);
}

/** The whole model in one file, else an index, else the only file: the order in which transformers looks. */
function chooseWeights(names: readonly string[], { usual }: WeightFiles, folder: string): string {
  const preferred = [usual, usual + indexEnding].find((name) => names.includes(name));
  if (preferred !== undefined) return preferred;
  const indices = names.filter((name) => name.endsWith(indexEnding));
  const candidates = indices.length > 0 ? indices : names;
  if (candidates.length === 1 || candidates.every(isPartOfOne)) return candidates[0]!;
  if (candidates.every((name) => /-\d+-of-\d+\.(safetensors|bin|msgpack)$/.test(name))) {
    throw new UserError(`${folder} holds ${candidates.length} shards of a checkpoint but not their index (*${usual.slice(usual.lastIndexOf("."))}${indexEnding}); get the index and put it there.`);
  }
  if (candidates.every((name) => /-\d+-of-\d+\.h5$/.test(name))) {
    throw new UserError(`${folder} holds ${candidates.length} shards of a TensorFlow checkpoint, which NormLens reads in one file alone; ${tensorflowInOneFile}.`);
  }
  throw new UserError(`${folder} holds several checkpoints (${candidates.slice(0, 4).join(", ")}${candidates.length > 4 ? ", …" : ""}); name the file that you mean.`);
}
