import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { gunzipSync } from "node:zlib";

/** Made by golden/make_graphs.py: small models as TensorFlow saves them, and what it computes of them. */
const folder = join(import.meta.dirname, "golden");

/** The files of a model by their paths in its folder. */
export type ModelFiles = ReadonlyMap<string, Buffer>;

/** A node of a graph, as the model.json of TensorFlow.js has it. */
export interface Node {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** The models that there are. */
export function modelNames(): string[] {
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The files of a model, unpacked. */
export function modelFiles(model: string): ModelFiles {
  const files = readdirSync(join(folder, model), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    const content = readFileSync(path);
    return [relative(join(folder, model), path).replace(/\.gz$/, ""), path.endsWith(".gz") ? gunzipSync(content) : content];
  }));
}

/** Writes a model into a folder. */
export async function writeModel(files: ReadonlyMap<string, Uint8Array | string>, path: string): Promise<void> {
  for (const [name, content] of files) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
}
