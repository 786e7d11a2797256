import type { ReplacementCurve } from "../shared/replacement";
import { resultSchema, resultSuffix, type Result } from "../shared/result";
import { weightsPathOf } from "../shared/weights-path";
import { isJsonObject, readJsonFile } from "./checkpoint/json";
import { OutputFile } from "./checkpoint/output-file";
import { SafetensorsWriter, type TensorToWrite } from "./checkpoint/safetensors-writer";
import type { Analysis } from "./compose";
import type { ElementWiseValues } from "./graph/replace";
import type { MeasuredNorm } from "./norm-measurements";
import { asResult } from "../shared/result-shape";

/**
 * Writes a result and, beside it, the per-channel values: both are complete before either takes its name.
 * @returns the paths that were written.
 * @throws UserError where they can't be written; nothing is left behind then.
 */
export async function writeResult(path: string, { result, measured, values }: Analysis): Promise<string[]> {
  const weightsPath = weightsPathOf(path);
  const tensors = measured.flatMap((layer) => tensorsOf(layer, values?.get(layer.layer.name)));
  const weights = await SafetensorsWriter.create(weightsPath, tensors, { format: "pt", schema: resultSchema, curve: curveOf(values) });
  try {
    for (const { name, data } of tensors) await weights.write(name, 0, data);
    const file = await OutputFile.create(path);
    try {
      await file.write(new TextEncoder().encode(format(result)), 0);
      await weights.finish();
      await file.finish();
    } finally {
      await file.abort();
    }
  } finally {
    await weights.abort();
  }
  return [path, weightsPath];
}

/** The curve of values that are of one, as those of a method are; without any, what is fitted to every norm is a tanh. */
function curveOf(values: Analysis["values"]): ReplacementCurve {
  const [first] = values?.values() ?? [];
  return first?.curve ?? "tanh";
}

/** JSON with a line for each field, so that results can be compared line by line; a list of numbers takes one line. */
function format(result: Result): string {
  const indented = JSON.stringify(result, undefined, 1);
  return `${indented.replace(/\[\n[\s\d.eE+,-]+\]/g, (list) => list.replace(/\s+/g, ""))}\n`;
}

/** `NAME.alpha` [1], `NAME.weight` [C] and `NAME.bias` [C], float32; nothing for a layer without data. */
function tensorsOf({ layer, channelFit }: MeasuredNorm, better: ElementWiseValues | undefined): TensorToWrite[] {
  if (layer.fit.status === "no-data") return [];
  const { alpha, gain, offset } = better ?? channelFit;
  return [
    { name: `${layer.name}.alpha`, dtype: "F32", shape: [1], data: Float32Array.of(alpha) },
    { name: `${layer.name}.weight`, dtype: "F32", shape: [gain.length], data: gain },
    { name: `${layer.name}.bias`, dtype: "F32", shape: [offset.length], data: offset },
  ];
}

/**
 * Whether a file is a result: by its name, or under another name ending in .json by what it holds.
 * @throws UserError where such a file can't be read.
 */
export async function isResultFile(path: string): Promise<boolean> {
  if (path.endsWith(resultSuffix)) return true;
  if (!path.toLowerCase().endsWith(".json")) return false;
  const json = await readJsonFile(path);
  return isJsonObject(json) && json["schema"] === resultSchema;
}

/**
 * Reads a result file.
 * @throws UserError where it is none, is damaged, or is of another version.
 */
export async function readResult(path: string): Promise<Result> {
  return asResult(await readJsonFile(path), path);
}
