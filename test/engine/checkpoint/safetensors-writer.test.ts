import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { SafetensorsWriter, writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { refusal, temporaryFolder } from "./files";

const layouts = [
  { name: "a.input", dtype: "F32", shape: [2, 2] },
  { name: "b.input", dtype: "F32", shape: [1, 2] },
] as const;

describe("SafetensorsWriter", () => {
  it("takes pieces in any order, and the file appears only at the end", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "taps.safetensors");
    const writer = await SafetensorsWriter.create(path, layouts, { schema: "test" });
    await writer.write("b.input", 0, new Float32Array([5, 6]));
    await Promise.all([writer.write("a.input", 8, new Float32Array([3, 4])), writer.write("a.input", 0, new Float32Array([1, 2]))]);
    expect(existsSync(path)).toBe(false);
    await writer.finish();
    await writer.abort();
    expect(await readdir(folder)).toEqual(["taps.safetensors"]);
    const { tensors } = await openCheckpoint(path);
    expect(await readTensor(tensors.get("a.input")!)).toEqual(new Float32Array([1, 2, 3, 4]));
    expect(await readTensor(tensors.get("b.input")!)).toEqual(new Float32Array([5, 6]));
  });

  it("starts its data at a multiple of 8 bytes", async () => {
    const folder = await temporaryFolder();
    for (const name of ["a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"]) {
      const path = join(folder, name);
      await writeSafetensors(path, [{ name, dtype: "I8", shape: [], data: new Int8Array(1) }]);
      const headerLength = Number((await readFile(path)).readBigUInt64LE());
      expect(headerLength % 8).toBe(0);
      expect((await stat(path)).size).toBe(8 + headerLength + 1);
    }
  });

  it("leaves nothing behind when it is given up", async () => {
    const folder = await temporaryFolder();
    const writer = await SafetensorsWriter.create(join(folder, "taps.safetensors"), layouts);
    expect(await readdir(folder)).toHaveLength(1);
    await writer.abort();
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
  });

  it("does not pass off an incomplete file as finished", async () => {
    const folder = await temporaryFolder();
    const writer = await SafetensorsWriter.create(join(folder, "taps.safetensors"), layouts);
    await writer.write("a.input", 0, new Float32Array(4));
    await expect(writer.finish()).rejects.toThrow("0 bytes of b.input were written, not its 8.");
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses data outside a tensor, an unknown tensor and a name given twice as the caller's defects", async () => {
    const path = join(await temporaryFolder(), "taps.safetensors");
    const writer = await SafetensorsWriter.create(path, layouts);
    await expect(writer.write("a.input", 12, new Float32Array(2))).rejects.toThrow(RangeError);
    await expect(writer.write("c.input", 0, new Float32Array(2))).rejects.toThrow("no tensor c.input");
    await writer.abort();
    await expect(SafetensorsWriter.create(path, [layouts[0], layouts[0]])).rejects.toThrow("to be different");
    await expect(writeSafetensors(path, [{ ...layouts[0], data: new Float32Array(3) }])).rejects.toThrow("12 bytes of a.input were written");
  });
});

describe("where a file is written", () => {
  const tensors = [{ name: "x", dtype: "F32", shape: [1], data: new Float32Array([1]) }] as const;

  it("an existing file is replaced, behind a symbolic link too", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "real"));
    await writeFile(join(folder, "real", "x.safetensors"), "old");
    await symlink(join("real", "x.safetensors"), join(folder, "link.safetensors"));
    await writeSafetensors(join(folder, "link.safetensors"), tensors);
    expect((await openCheckpoint(join(folder, "real", "x.safetensors"))).tensors.size).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(["link.safetensors", "real"]);
  });

  it("a missing folder, a folder of that name and a path through a file are refused", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    expect(await refusal(writeSafetensors(join(folder, "none", "x.safetensors"), tensors))).toMatch(/^Can't write .*x\.safetensors: there is no such file or folder/);
    expect(await refusal(writeSafetensors(folder, tensors))).toContain("it is a folder");
    expect(await refusal(writeSafetensors(join(folder, "file", "x.safetensors"), tensors))).toContain("a part of the path is a file");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it.skipIf(!existsSync("/dev/null"))("a device is refused, not replaced", async () => {
    expect(await refusal(writeSafetensors("/dev/null", tensors))).toContain("it is not a regular file");
    expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
  });

  it.skipIf(process.getuid?.() === 0)("a folder without permission is refused", async () => {
    const folder = join(await temporaryFolder(), "closed");
    await mkdir(folder, { mode: 0o500 });
    expect(await refusal(writeSafetensors(join(folder, "x.safetensors"), tensors))).toContain("permission is denied");
  });
});
