import { mutated } from "../../checkpoint/fuzz/mutation";
import { mutatedJson } from "./json-mutation";
import type { ModelFiles } from "./model-files";

/** What describes a model: the graph, and where its variables lie. */
const describing = /(saved_model\.pb|model\.json|variables\.index)$/;

/** One of several models, with one of the files that describe it changed in a few places; always the same for the same number. */
export function mutatedModel(models: readonly ModelFiles[], number: number): ModelFiles {
  const model = models[number % models.length]!;
  const names = [...model.keys()].filter((name) => describing.test(name));
  const changed = names[Math.floor(number / models.length) % names.length]!;
  return new Map([...model].map(([name, content]) => [name, name === changed ? changedFile(name, content, number) : content]));
}

/** JSON is changed value by value, as a rule: few changes of its bytes leave it readable. */
function changedFile(name: string, content: Buffer, number: number): Buffer {
  return name.endsWith(".json") && number % 8 !== 0 ? Buffer.from(mutatedJson(content.toString(), number)) : mutated([content], number);
}
