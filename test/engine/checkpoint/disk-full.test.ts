import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import type * as FileSystem from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SafetensorsWriter, writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { refusal, temporaryFolder } from "./files";
import { fullDisk } from "./full-disk";

const disk = vi.hoisted(() => ({ opened: 0, fullFromWrite: Infinity }));

/** Creates files as ever, but from a given write of each on, the disk is full. */
vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  const { openFillingUp } = await import("./full-disk");
  return {
    ...real,
    open: (path: string, flags: string) => {
      if (flags !== "wx") return real.open(path, flags);
      disk.opened++;
      return openFillingUp(real.open, path, flags, () => disk.fullFromWrite);
    },
  };
});

describe.skipIf(!existsSync(fullDisk))("a full disk", () => {
  afterEach(() => {
    disk.fullFromWrite = Infinity;
  });

  const tensors = [{ name: "x", dtype: "F32", shape: [2], data: new Float32Array(2) }] as const;

  it.each([0, 1])("at write %i is one sentence; the old file stays, and nothing else", async (fullFromWrite) => {
    const folder = await temporaryFolder();
    const path = join(folder, "x.safetensors");
    await writeFile(path, "old");
    const openedBefore = disk.opened;
    disk.fullFromWrite = fullFromWrite;
    expect(await refusal(writeSafetensors(path, tensors))).toBe(`Can't write ${path}: the disk is full; free some space or choose another place.`);
    expect(disk.opened).toBe(openedBefore + 1);
    expect(await readdir(folder)).toEqual(["x.safetensors"]);
  });

  it("in the middle of streaming removes what was written, also while other writes are under way", async () => {
    const folder = await temporaryFolder();
    const writer = await SafetensorsWriter.create(join(folder, "x.safetensors"), [{ name: "x", dtype: "F32", shape: [4] }]);
    await writer.write("x", 0, new Float32Array(1));
    disk.fullFromWrite = 0;
    const writes = [1, 2, 3].map((element) => writer.write("x", 4 * element, new Float32Array(1)));
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
  });
});
