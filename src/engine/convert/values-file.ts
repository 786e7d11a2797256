import { UserError } from "../../shared/errors";
import { replacementCurves, type ReplacementCurve } from "../../shared/replacement";
import type { TensorReference } from "../checkpoint/checkpoint";
import { fileError } from "../checkpoint/file-error";
import { tellingBytes } from "../checkpoint/foreign-formats";
import { beginningOf } from "../checkpoint/input-file";
import { readJsonFile } from "../checkpoint/json";
import { quote } from "../checkpoint/quote";
import { beginsLikeSafetensors, readSafetensorsHeader } from "../checkpoint/safetensors-header";
import { readTensor } from "../checkpoint/tensor-data";
import type { RowsOfNorm } from "../norm-rows";
import type { LayerValues } from "./layer-values";

/** What a values file has for one layer; what it leaves out is the norm's own. */
interface GivenValues {
  readonly curve: ReplacementCurve;
  readonly alpha: number;
  readonly shift?: number;
  readonly gain?: Float32Array;
  readonly offset?: Float32Array;
}

const parts = ["alpha", "shift", "weight", "bias"] as const;
type Part = (typeof parts)[number];

/**
 * Values by layer from a file: safetensors with NAME.alpha and, where they are to be set, NAME.weight, NAME.bias and, for erf, NAME.shift;
 * or JSON with alphas by name.
 * @param norms of the model, by name: gains and offsets that are not given are theirs.
 * @throws UserError for layers that are no norms of the model, other numbers of channels, alphas that are not above 0, and numbers that are not finite.
 */
export async function readValuesFile(path: string, norms: ReadonlyMap<string, RowsOfNorm>): Promise<ReadonlyMap<string, LayerValues>> {
  const given = await readGiven(path);
  if (given.size === 0) throw new UserError(`${path} holds no NAME.alpha; name a values file, such as the .normlens.safetensors beside a result.`);
  const unknown = [...given.keys()].filter((name) => !norms.has(name));
  if (unknown.length > 0) {
    throw new UserError(`${path} has values for ${listed(unknown)}, which is no norm of the model; its norms are ${listed([...norms.keys()])}.`);
  }
  return new Map([...given].map(([name, values]) => [name, completed(path, norms.get(name)!, values)]));
}

async function readGiven(path: string): Promise<ReadonlyMap<string, GivenValues>> {
  try {
    return await (beginsLikeSafetensors(await beginningOf(path, tellingBytes)) ? readTensors(path) : readAlphas(path));
  } catch (error) {
    throw fileError("read", path, error);
  }
}

async function readAlphas(path: string): Promise<ReadonlyMap<string, GivenValues>> {
  const alphas = Object.entries(await readJsonFile(path));
  return new Map(
    alphas.map(([name, alpha]) => {
      if (typeof alpha !== "number") throw new UserError(`${path} has no number as the alpha of ${quote(name)}; give one, as in {"NAME": 0.5}.`);
      return [name, { curve: "tanh", alpha } as const];
    }),
  );
}

async function readTensors(path: string): Promise<ReadonlyMap<string, GivenValues>> {
  const { tensors, metadata } = await readSafetensorsHeader(path);
  const known = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const names = tensors.flatMap(({ name }) => (name.endsWith(".alpha") ? [name.slice(0, -".alpha".length)] : []));
  const stray = tensors.find(({ name }) => !names.some((layer) => parts.some((part) => name === `${layer}.${part}`)));
  if (stray) throw new UserError(`${path} has a tensor ${quote(stray.name)} that belongs to no NAME.alpha; give a file of alphas, weights and biases alone.`);
  const stated = metadata.get("curve");
  const curve = replacementCurves.find((one) => one === stated) ?? "tanh";
  const read = async (name: string, part: Part): Promise<Float32Array | undefined> => {
    const tensor = known.get(`${name}.${part}`);
    return tensor && readTensor(tensor);
  };
  const entries = names.map(async (name): Promise<[string, GivenValues]> => {
    const [shift, gain, offset] = await Promise.all([read(name, "shift"), read(name, "weight"), read(name, "bias")]);
    return [
      name,
      {
        curve: shift === undefined ? curve : "erf",
        alpha: await readNumber(path, known.get(`${name}.alpha`)!),
        ...(shift && { shift: await readNumber(path, known.get(`${name}.shift`)!) }),
        ...(gain && { gain }),
        ...(offset && { offset }),
      },
    ];
  });
  return new Map(await Promise.all(entries));
}

async function readNumber(path: string, tensor: TensorReference): Promise<number> {
  const numbers = await readTensor(tensor);
  if (numbers.length !== 1) throw new UserError(`${path} has ${numbers.length} numbers as ${quote(tensor.name)}; give one.`);
  return numbers[0]!;
}

function completed(path: string, norm: RowsOfNorm, { curve, alpha, shift = 0, gain, offset }: GivenValues): LayerValues {
  const refuse = (wrong: string): never => {
    throw new UserError(`${path} ${wrong}.`);
  };
  if (Number.isNaN(alpha) || !Number.isFinite(alpha)) return refuse(`has ${alpha} as the alpha of ${norm.name}; give a finite number`);
  if (alpha <= 0) return refuse(`has ${alpha} as the alpha of ${norm.name}; give one above 0`);
  if (!Number.isFinite(shift)) return refuse(`has ${shift} as the shift of ${norm.name}; give a finite number`);
  const channels = norm.channels > 0 ? norm.channels : (gain ?? offset)?.length;
  if (channels === undefined) return refuse(`has no weight for ${norm.name}, which has none of its own to tell how many channels there are; add ${norm.name}.weight`);
  for (const [part, values] of [["weight", gain], ["bias", offset]] as const) {
    if (values && values.length !== channels) return refuse(`has ${values.length} numbers as ${norm.name}.${part}, where the norm has ${channels} channels; give values that were fitted to this model`);
    if (values && !values.every((value) => Number.isFinite(value))) return refuse(`has NaN or infinite numbers in ${norm.name}.${part}; fit it anew`);
  }
  return { curve, alpha, shift, gain: gain ?? spread(norm.weight, channels, 1), offset: offset ?? spread(norm.bias, channels, 0) };
}

/** What a norm applies, one number a channel. */
function spread(values: Float32Array | undefined, channels: number, absent: number): Float32Array {
  return values?.length === channels ? values : new Float32Array(channels).fill(values?.[0] ?? absent);
}

function listed(names: readonly string[]): string {
  return names.slice(0, 5).map((name) => quote(name)).join(", ") + (names.length > 5 ? ` and ${names.length - 5} more` : "");
}
