import { readdir, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../shared/errors";
import type { CheckpointRequest, EngineRequest } from "../shared/request";
import { resultSuffix } from "../shared/result";
import type { Checkpoint } from "./checkpoint/checkpoint";
import { OutputFile } from "./checkpoint/output-file";
import { weightsPathOf } from "../shared/weights-path";

/** Every file that a run will write. */
function outputsOf(request: EngineRequest): string[] {
  const result = request.out === undefined ? [] : [request.out, weightsPathOf(request.out)];
  return request.kind !== "fit" && request.taps !== undefined ? [...result, request.taps] : result;
}

/**
 * Makes sure, before any work, that each output can be written and that no two are the same file.
 * @throws UserError where that is not so.
 */
export async function checkOutputs(request: EngineRequest): Promise<void> {
  if (request.out === "") throw new UserError("The file for the result has no name; name one, such as run.normlens.json.");
  const outputs = outputsOf(request);
  const places = await Promise.all(outputs.map(placeOf));
  const twice = outputs.find((_, index) => places.indexOf(places[index]!) !== index);
  if (twice !== undefined) throw new UserError(`${twice} is to be written twice; give the result and the taps different names.`);
  for (const output of outputs) await (await OutputFile.create(output)).abort();
  if (request.kind === "fit") await keepInputs(outputs, [request.capture]);
}

/** @throws UserError where a run would write over what it reads. */
export async function keepAnalyzed(request: CheckpointRequest, checkpoint: Checkpoint): Promise<void> {
  const files = new Set([...checkpoint.tensors.values()].map((tensor) => tensor.file));
  const settings = (await readdir(checkpoint.folder)).filter((name) => isSetting(name)).map((name) => join(checkpoint.folder, name));
  const { input } = request;
  await keepInputs(outputsOf(request), [checkpoint.path, ...files, ...settings, ...("path" in input ? [input.path] : []), ...("files" in input ? Object.values(input.files) : [])]);
}

/** @throws UserError where an output, behind links, is one of the files that are read. */
export async function keepInputs(outputs: readonly string[], inputs: readonly string[]): Promise<void> {
  const read = new Set(await Promise.all(inputs.map(placeOf)));
  for (const output of outputs) {
    if (read.has(await placeOf(output))) throw new UserError(`${output} is read by this run and would be written over; give another name.`);
  }
}

/** A JSON file of the model's own: configuration, tokenizer, preprocessor, index. */
function isSetting(name: string): boolean {
  return name.endsWith(".json") && !name.endsWith(resultSuffix);
}

/** Where a path leads: behind links if there is something, else where it would come to be. */
async function placeOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
