import { copyFile, readdir } from "node:fs/promises";
import type * as FileSystem from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { convertCheckpoint } from "../../../src/engine/convert/convert";
import { refusal, temporaryFile } from "../checkpoint/files";
import { context, golden, request, storedTensors, valuesFile } from "./conversion";

const disk = vi.hoisted(() => ({ fullAt: "" }));

/** Writes small files as ever, but for one name the disk is full. */
vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  const full = (path: string): void => {
    if (disk.fullAt !== "" && path.endsWith(disk.fullAt)) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "write" });
  };
  return {
    ...real,
    copyFile: async (from: string, to: string, mode?: number) => { full(to); await real.copyFile(from, to, mode); },
    writeFile: async (path: string, data: string) => { full(path); await real.writeFile(path, data); },
  };
});

afterEach(() => {
  disk.fullAt = "";
});

test.each(["config.json", "README.md", "dyt.py", "vocab.json"])("a disk that is full at %s is told of, and nothing is left", async (name) => {
  const vocabulary = await temporaryFile("vocab.json", "{}");
  const folder = dirname(vocabulary);
  for (const own of ["config.json", "model.safetensors"]) await copyFile(join(golden, "gpt2-hf", own), join(folder, own));
  const before = await storedTensors(folder);
  const asked = await request(folder, { values: await valuesFile({ "transformer.ln_f.alpha": [0.5] }) });
  disk.fullAt = name;
  const message = await refusal(convertCheckpoint(asked, context));
  expect([`Can't write ${asked.target}: `, `Can't write ${join(asked.target, name)}: `].map((beginning) => `${beginning}the disk is full; free some space or choose another place.`)).toContain(message);
  expect((await readdir(dirname(asked.target))).filter((one) => one.startsWith(".") || one === basename(asked.target))).toEqual([]);
  expect(await storedTensors(folder)).toEqual(before);
});
