import { join } from "node:path";
import type { Tensor } from "../../../../src/engine/tensor";
import { temporaryFolder } from "../../checkpoint/files";
import { modelFiles, writeModel } from "./model-files";

interface Stored {
  readonly shape: number[];
  readonly type: Tensor["type"];
  readonly data: number[];
}

/** What a model was fed, and what TensorFlow made of it. */
export interface Golden {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

function tensor({ shape, type, data }: Stored): Tensor {
  return type === "float32" ? { type, shape, data: Float32Array.from(data) } : { type, shape, data: BigInt64Array.from(data, BigInt) };
}

/** What TensorFlow computed of a model. */
export function goldenOf(model: string): Golden {
  const stored = JSON.parse(modelFiles(model).get("golden.json")!.toString()) as Record<keyof Golden, Record<string, Stored>>;
  const tensors = (all: Record<string, Stored>): Record<string, Tensor> => Object.fromEntries(Object.entries(all).map(([name, one]) => [name, tensor(one)]));
  return { feeds: tensors(stored.feeds), outputs: tensors(stored.outputs) };
}

/** A model in a folder of its own for the time of a test, with some files changed or added. */
export async function unpacked(model: string, changes: Readonly<Record<string, Uint8Array | string>> = {}): Promise<string> {
  const path = join(await temporaryFolder(), model);
  await writeModel(new Map([...modelFiles(model), ...Object.entries(changes)]), path);
  return path;
}
