import { expect, test } from "vitest";
import { fileNameFrom } from "../../src/shared/file-name";

test("a file's name keeps letters of any script, and no character that a path or a shell takes for something else", () => {
  expect(fileNameFrom("modèle 模型/v1.2: *best*")).toBe("modèle-模型-v1.2-best-");
  expect(fileNameFrom("a".repeat(100))).toHaveLength(60);
  expect(fileNameFrom("a".repeat(100), 80)).toHaveLength(80);
});
