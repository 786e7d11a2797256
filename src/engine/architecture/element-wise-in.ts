import { UserError } from "../../shared/errors";
import { replacementCurves, type ReplacementCurve } from "../../shared/replacement";
import type { TensorReference } from "../checkpoint/checkpoint";
import type { NormSpecification } from "../graph/builder";
import { elementCount } from "../tensor";
import type { Config } from "./architecture";
import { flag, optionalNumber, optionalObject, optionalText } from "./config";
import { any, type Weights } from "./weights";

/** alpha of x-transformers' DynamicTanh at the start, unless stated. */
const usualStart = 1;

/**
 * The DyT, Derf or the like that stands where a family has a norm of this name; undefined where there is none. Its gain and offset can be absent.
 * @throws UserError where its parameters are of another shape than one number or one for each channel.
 */
export function elementWiseIn(names: Weights, name: string, channels: number): Pick<NormSpecification, "name" | "weight" | "weightOffset" | "bias" | "channels" | "trained"> | undefined {
  if (!names.has(`${name}.alpha`)) return undefined;
  const config = names.checkpoint.config ?? {};
  const weight = names.optional(`${name}.weight`, [channels]);
  const shift = names.has(`${name}.shift`) ? parameter(names, `${name}.shift`, channels) : undefined;
  const isOffset = flag(config, "unit_offset", false);
  return {
    name: names.prefix + name,
    weight,
    ...(isOffset && weight && { weightOffset: 1 }),
    bias: names.optional(`${name}.bias`, [channels]),
    trained: {
      curve: statedCurve(config) ?? (shift ? "erf" : "tanh"),
      alpha: parameter(names, `${name}.alpha`, channels),
      ...(isOffset && { alphaOffset: optionalNumber(config, "init_alpha") ?? usualStart }),
      shift,
    },
  };
}

/** The curve of a checkpoint that NormLens converted; of others, a shift tells Derf from DyT. */
function statedCurve(config: Config): ReplacementCurve | undefined {
  const note = optionalObject(config, "normlens");
  const stated = note && optionalText(note, "curve");
  return replacementCurves.find((curve) => curve === stated);
}

/** One number, with an axis or without, or one for each channel. */
function parameter(names: Weights, name: string, channels: number): TensorReference {
  const { shape } = names.checkpoint.tensors.get(names.prefix + name)!;
  const count = elementCount(shape);
  if (shape.length <= 1 && (count === 1 || count === channels || channels === any)) return names.tensor(name, shape);
  throw new UserError(`${names.checkpoint.path}: tensor ${names.prefix}${name} has shape [${shape.join(", ")}] where a layer of ${channels} channels has one number or one for each; check what wrote the checkpoint.`);
}
