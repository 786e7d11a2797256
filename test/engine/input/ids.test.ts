import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readIds } from "../../../src/engine/input/ids";
import { readNpyIntegers } from "../../../src/engine/input/npy";
import { UserError } from "../../../src/shared/errors";
import { folderWith } from "./folder";
import { bytesOf, golden } from "./golden";

const arrays = golden("npy.json") as Readonly<Record<string, { file: string; rows: number[][] | null }>>;

describe("ids from JSON", () => {
  const read = (content: unknown) => readIds(join(folderWith({ "ids.json": content }), "ids.json"), 10, 1000);

  test.each([
    ["a list", [1, 2, 3], [[1, 2, 3]]],
    ["a ragged list of lists", [[1], [2, 3], [4, 5, 6]], [[1], [2, 3], [4, 5, 6]]],
    ["an encoding", { input_ids: [4, 5] }, [[4, 5]]],
    ["right padding", { input_ids: [[1, 2, 0], [3, 0, 0]], attention_mask: [[1, 1, 0], [1, 0, 0]] }, [[1, 2], [3]]],
    ["left padding", { input_ids: [[0, 1, 2]], attention_mask: [[0, 1, 1]] }, [[1, 2]]],
    ["padding at both ends", { input_ids: [0, 7, 0], attention_mask: [0, 1, 0] }, [[7]]],
  ])("%s", async (_, content, expected) => {
    expect(await read(content)).toEqual(expected);
  });

  test.each([
    ["an empty list", [], "no token ids"],
    ["an empty sequence", [[1], []], "sequence 1"],
    ["a sequence that is all padding", { input_ids: [[1], [2]], attention_mask: [[1], [0]] }, "sequence 1"],
    ["an id beyond the vocabulary", [[1, 2], [3, 10]], "token id 10 in sequence 1 at position 1"],
    ["a negative id", [1, -100], "token id -100 in sequence 0 at position 1"],
    ["a fraction", [1.5], "token id 1.5"],
    ["a mask of another shape", { input_ids: [[1, 2]], attention_mask: [[1]] }, "attention_mask"],
    ["a mask with a hole", { input_ids: [1, 2, 3], attention_mask: [1, 0, 1] }, "sequence 0"],
    ["an object without ids", { ids: [1] }, "input_ids"],
    ["text", "\"words\"", "not a list"],
    ["numbers as text", [["1"]], "not a list"],
    ["deeper lists", [[[1]]], "not a list"],
    ["broken JSON", "[1, 2", "not valid JSON"],
  ])("%s is refused by name", async (_, content, reason) => {
    await expect(read(content)).rejects.toThrow(UserError);
    await expect(read(content)).rejects.toThrow("ids.json");
    await expect(read(content)).rejects.toThrow(reason);
  });

  test("the vocabulary's size is named", async () => {
    await expect(read([10])).rejects.toThrow("ids 0 to 9");
  });
});

describe("ids from NumPy", () => {
  const read = (content: Uint8Array, limit = 1000) => readNpyIntegers(join(folderWith({ "ids.npy": content }), "ids.npy"), limit);

  test.each(Object.entries(arrays).flatMap(([name, { file, rows }]) => (rows ? [[name, file, rows] as const] : [])))("%s", async (_, file, rows) => {
    expect(await read(bytesOf(file))).toEqual(rows);
  });

  test.each(["float", "bool", "3-D", "structured"])("%s is refused", async (name) => {
    await expect(read(bytesOf(arrays[name]!.file))).rejects.toThrow(UserError);
  });

  test("an empty array holds no ids", async () => {
    const path = join(folderWith({ "ids.npy": bytesOf(arrays["empty"]!.file) }), "ids.npy");
    await expect(readIds(path, 10, 1000)).rejects.toThrow("no token ids");
  });

  test("no more rows are read than reach the limit", async () => {
    expect(await read(bytesOf(arrays["2-D"]!.file), 5)).toEqual([[0, 1, 2, 3], [4, 5, 6, 7]]);
    expect(await read(bytesOf(arrays["1-D <i8"]!.file), 2)).toEqual([[3, 1]]);
  });

  test("a file cut short at any point is refused", async () => {
    const whole = bytesOf(arrays["2-D"]!.file);
    for (const length of [0, 5, 9, 11, 60, 127, whole.length - 1]) await expect(read(whole.subarray(0, length))).rejects.toThrow(UserError);
  });

  test("a shape beyond the file is refused before memory is taken", async () => {
    const whole = Buffer.from(bytesOf(arrays["2-D"]!.file)).toString("latin1");
    const hostile = Buffer.from(whole.replace("(3, 4), }          ", "(3000000000, 400),}"), "latin1");
    expect(hostile.length).toBe(whole.length);
    await expect(read(hostile)).rejects.toThrow("cut short");
  });
});

test.each([
  ["ids.txt", "1 2 3", "neither a .json nor an .npy"],
  ["missing.json", undefined, "does not exist"],
])("%s is refused", async (name, content, reason) => {
  const folder = folderWith(content === undefined ? {} : { [name]: content });
  await expect(readIds(join(folder, name), 10, 10)).rejects.toThrow(reason);
});
