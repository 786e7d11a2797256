import { readFileSync } from "node:fs";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Tensor } from "../../../../src/engine/tensor";
import { temporaryFolder } from "../../checkpoint/files";

/** Made by golden/make_graphs.py: small models as TensorFlow saves them, and what it computes of them. */
const folder = join(import.meta.dirname, "golden");

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
  const stored = JSON.parse(readFileSync(join(folder, model, "golden.json"), "utf8")) as Record<keyof Golden, Record<string, Stored>>;
  const tensors = (all: Record<string, Stored>): Record<string, Tensor> => Object.fromEntries(Object.entries(all).map(([name, one]) => [name, tensor(one)]));
  return { feeds: tensors(stored.feeds), outputs: tensors(stored.outputs) };
}

/** A copy of a model's folder with its graph unpacked, for the time of a test. */
export async function unpacked(model: string): Promise<string> {
  const copy = join(await temporaryFolder(), model);
  await cp(join(folder, model), copy, { recursive: true });
  for (const name of (await readdir(copy)).filter((one) => one.endsWith(".gz"))) {
    await writeFile(join(copy, name.slice(0, -".gz".length)), gunzipSync(await readFile(join(copy, name))));
    await rm(join(copy, name));
  }
  return copy;
}
