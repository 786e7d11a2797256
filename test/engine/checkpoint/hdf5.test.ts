import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FileWindow } from "../../../src/engine/checkpoint/file-window";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readHdf5 } from "../../../src/engine/checkpoint/hdf5";
import type { Hdf5Content } from "../../../src/engine/checkpoint/hdf5";
import { withInputFile } from "../../../src/engine/checkpoint/input-file";
import { readBytes } from "../../../src/engine/checkpoint/tensor-data";
import { temporaryFile } from "./files";

const golden = join(import.meta.dirname, "golden");

/** What stands in a file from a byte on. */
function contentOf(path: string, start = 0): Promise<Hdf5Content> {
  return withInputFile(path, (file) => readHdf5(new FileWindow(file, { start, end: file.size }, path)));
}

describe("what h5py writes", () => {
  it.each(["earliest", "v110", "latest"])("for %s readers: every numeric dataset is where h5py finds it, bit for bit", async (name) => {
    const { datasets } = await contentOf(join(golden, `${name}.h5`));
    const expected = (await openCheckpoint(join(golden, `${name}-h5.safetensors`))).tensors;
    expect(datasets.map(({ path }) => path.join("/")).sort()).toEqual([...expected.keys()].sort());
    expect(expected.size).toBeGreaterThan(20);
    for (const { path, array } of datasets) {
      const name = path.join("/");
      const same = expected.get(name)!;
      expect({ dtype: array.dtype, shape: array.shape }, name).toEqual({ dtype: same.dtype, shape: same.shape });
      expect(await readBytes({ name, ...array }), name).toEqual(await readBytes(same));
    }
  });

  it.each(["earliest", "latest"])("for %s readers: attributes that are single texts, few or many", async (name) => {
    const { texts } = await contentOf(join(golden, `${name}.h5`));
    expect(Object.fromEntries(texts.get("")!)).toEqual({ model_config: '{"class_name": "Sequential"}', fixed: "of eight", empty: "" });
    expect(Object.fromEntries([...texts].filter(([path]) => path === "again").flatMap(([, own]) => [...own]))).toEqual({ name: "größe" });
    const many = Array.from({ length: 20 }, (_, attribute) => [`attribute_${attribute}`, `value ${attribute}`]);
    expect(Object.fromEntries(texts.get("many")!)).toEqual(Object.fromEntries(many));
  });

  it("anywhere in another file", async () => {
    const whole = await readFile(join(golden, "earliest.h5"));
    const path = await temporaryFile("archive", Buffer.concat([Buffer.alloc(77), whole]));
    const [inside, alone] = [await contentOf(path, 77), await contentOf(join(golden, "earliest.h5"))];
    expect(inside.datasets.map(({ array }) => array.offset - 77)).toEqual(alone.datasets.map(({ array }) => array.offset));
  });
});
