import { mkdtempSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withInputFile } from "../../src/engine/checkpoint/input-file";
import { withZipDirectory } from "../../src/engine/checkpoint/zip-directory";
import { readNpyTensor } from "../../src/engine/input/npy-tensor";
import type { Tensor } from "../../src/engine/tensor";

/** An array of an .npz file, which keeps its arrays unpacked, as an .npy file of its own. */
export async function npyOfNpz(path: string, name: string): Promise<string> {
  const bytes = await readFile(path);
  const array = await withInputFile(path, (file) =>
    withZipDirectory(file, path, async (directory) => {
      const entry = directory.entries.get(`${name}.npy`)!;
      const start = await directory.locate(entry);
      return bytes.subarray(start, start + entry.size);
    }),
  );
  const copy = join(mkdtempSync(join(tmpdir(), "normlens-")), `${name}.npy`);
  writeFileSync(copy, array);
  return copy;
}

/** An array of an .npz file. */
export async function npzTensor(path: string, name: string): Promise<Tensor> {
  return readNpyTensor(await npyOfNpz(path, name));
}

/** Code points of texts that are given as bits [texts, characters, bits], the highest first. */
export function codePoints({ shape, data }: Tensor): number[][] {
  const [texts, characters, bits] = shape as [number, number, number];
  const character = (start: number): number => Array.from(data.subarray(start, start + bits), Number).reduce((value, bit) => 2 * value + bit, 0);
  return Array.from({ length: texts }, (_, text) => Array.from({ length: characters }, (_unused, place) => character((text * characters + place) * bits)));
}
