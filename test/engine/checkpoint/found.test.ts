import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mutated, readSeeds } from "./fuzz/mutation";
import { readAll } from "./fuzz/read-all";
import { temporaryFile } from "./files";

const folder = join(import.meta.dirname, "found");
const found = await readdir(folder);

describe("what fuzzing found", () => {
  it.each(found)("%s is read or refused in one sentence", async (name) => {
    await expect(readAll(join(folder, name))).resolves.toBeUndefined();
  });
});

describe("mutated files", () => {
  const seeds = readSeeds();

  it("are always the same for the same number", () => {
    expect(mutated(seeds, 7)).toEqual(mutated(seeds, 7));
    expect(mutated(seeds, 7)).not.toEqual(mutated(seeds, 8));
    expect(seeds.length).toBeGreaterThan(40);
  });

  it("are read or refused in one sentence, 500 of them", async () => {
    for (let number = 0; number < 500; number++) await expect(readAll(await temporaryFile("case", mutated(seeds, number)))).resolves.toBeUndefined();
  });
});
