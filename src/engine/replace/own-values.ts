import { UserError } from "../../shared/errors";
import { replacementCurves, type ReplacementCurve } from "../../shared/replacement";
import { weightsPathOf } from "../../shared/weights-path";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { openCheckpoint } from "../checkpoint/formats";
import { isJsonObject, readJsonFile } from "../checkpoint/json";
import { quote } from "../checkpoint/quote";
import { safetensorsFile } from "../checkpoint/safetensors";
import { readSafetensorsHeader } from "../checkpoint/safetensors-header";
import { readTensor } from "../checkpoint/tensor-data";
import { isResultFile } from "../result-file";

/** Values of the user's own for one layer; what is absent is taken from the trained affine. */
export interface OwnLayerValues {
  readonly curve: ReplacementCurve;
  readonly alpha: number;
  readonly shift: number;
  readonly gain?: Float32Array;
  readonly offset?: Float32Array;
}

/** The names that a parameter has: the official ones, Liger's and x-transformers'. */
const spellings = { alpha: ["alpha", "pre_tanh_scale"], shift: ["shift"], gain: ["weight", "gamma"], offset: ["bias", "beta"] } as const;

/**
 * Reads values for layers: NAME.alpha [1] with, where they are to be set, NAME.weight and NAME.bias [C] and, for Derf, NAME.shift [1], or the same under the names of Liger or x-transformers, from a safetensors
 * file, which may state their curve in its metadata under "curve", or from the one beside a result; or alphas by name from a JSON file.
 * @throws UserError where the file is neither, holds an alpha that is not above 0, a value that is not finite, or a shift without erf, or states a curve that is not known.
 */
export async function readOwnValues(path: string): Promise<ReadonlyMap<string, OwnLayerValues>> {
  const values = await readFrom(path);
  if (values.size === 0) throw new UserError(`${path} holds no values for norm layers; give tensors called NAME.alpha, or a JSON object of alphas by layer.`);
  for (const [name, { alpha, shift, gain, offset }] of values) {
    if (!(alpha > 0) || !Number.isFinite(alpha)) throw new UserError(`${path} gives ${name} the alpha ${alpha}; give a number above 0.`);
    if (!(Math.fround(alpha) > 0) || !Number.isFinite(Math.fround(alpha))) throw new UserError(`${path} gives ${name} the alpha ${alpha}, which float32 can't hold; give one of usual size.`);
    const isFinite = Number.isFinite(shift) && [gain, offset].every((list) => list?.every((value) => Number.isFinite(value)) ?? true);
    if (!isFinite) throw new UserError(`${path} gives ${name} values that are not finite; make them again.`);
  }
  return values;
}

async function readFrom(path: string): Promise<Map<string, OwnLayerValues>> {
  if (await isResultFile(path)) return readTensors(weightsPathOf(path));
  return path.toLowerCase().endsWith(".json") ? alphasOf(path, await readJsonFile(path)) : readTensors(path);
}

function alphasOf(path: string, json: unknown): Map<string, OwnLayerValues> {
  const alphas = isJsonObject(json) ? Object.entries(json) : [];
  return new Map(alphas.map(([name, alpha]): [string, OwnLayerValues] => {
    if (typeof alpha !== "number") throw new UserError(`${path} gives ${name} no number as its alpha; give a JSON object of alphas by layer.`);
    return [name, { curve: "tanh", alpha, shift: 0 }];
  }));
}

async function readTensors(path: string): Promise<Map<string, OwnLayerValues>> {
  const checkpoint = await openCheckpoint(path);
  const { tensors } = checkpoint;
  const stated = await statedCurve(checkpoint);
  const layers = [...tensors.keys()].flatMap((name) => spellings.alpha.flatMap((alpha) => (name.endsWith(`.${alpha}`) ? [name.slice(0, -alpha.length - 1)] : [])));
  const read = await Promise.all(layers.map(async (layer): Promise<[string, OwnLayerValues]> => {
    const [alpha, shift, gain, offset] = await Promise.all(Object.values(spellings).map(async (names) => {
      const tensor = names.map((name) => tensors.get(`${layer}.${name}`)).find((one) => one !== undefined);
      return tensor && readTensor(tensor);
    }));
    if (alpha?.length !== 1) throw new UserError(`${path} gives ${layer} ${alpha?.length ?? 0} alphas; DyT has one a layer.`);
    const curve = stated ?? (shift ? "erf" : "tanh");
    if (shift && curve !== "erf") throw new UserError(`${path} gives ${layer} a shift, which ${curve} has not; leave it out, or state the curve erf.`);
    return [layer, { curve, alpha: alpha[0]!, shift: shift?.[0] ?? 0, ...(gain && { gain }), ...(offset && { offset }) }];
  }));
  return new Map(read);
}

/** The curve that safetensors files state in their metadata. @throws UserError where it is none that is known, or where files state different ones. */
async function statedCurve({ path, format, tensors }: Checkpoint): Promise<ReplacementCurve | undefined> {
  if (format !== safetensorsFile.name) return undefined;
  const files = [...new Set([...tensors.values()].map(({ file }) => file))];
  const headers = await Promise.all(files.map(readSafetensorsHeader));
  const stated = [...new Set(headers.flatMap(({ metadata }) => metadata.get("curve") ?? []))];
  const known = replacementCurves.find((curve) => curve === stated[0]);
  if (stated.length > 1 || (stated.length > 0 && known === undefined)) throw new UserError(`${path} states the curve ${stated.map(quote).join(" and ")} in its metadata; give values of one of ${replacementCurves.join(", ")}.`);
  return known;
}
