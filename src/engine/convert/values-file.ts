import { UserError } from "../../shared/errors";
import { quote } from "../checkpoint/quote";
import type { ElementWiseValues } from "../graph/replace";
import type { RowsOfNorm } from "../norm-rows";
import { readOwnValues, type OwnLayerValues } from "../replace/own-values";

/**
 * Values by layer from a file of the user's own.
 * @param norms of the model, by name: gains and offsets that are not given are theirs.
 * @param only layers to take; all where absent
 * @throws UserError for layers that are no norms of the model, other numbers of channels, alphas that are not above 0, and numbers that are not finite.
 */
export async function readValuesFile(path: string, norms: ReadonlyMap<string, RowsOfNorm>, only?: ReadonlySet<string>): Promise<ReadonlyMap<string, ElementWiseValues>> {
  const given = new Map([...await readOwnValues(path)].filter(([name]) => only?.has(name) ?? true));
  const unknown = [...given.keys()].filter((name) => !norms.has(name));
  if (unknown.length > 0) {
    throw new UserError(`${path} has values for ${listed(unknown)}, which is no norm of the model; its norms are ${listed([...norms.keys()])}.`);
  }
  return new Map([...given].map(([name, values]) => [name, completed(path, norms.get(name)!, values)]));
}

function completed(path: string, norm: RowsOfNorm, { curve, alpha, shift, gain, offset }: OwnLayerValues): ElementWiseValues {
  const channels = norm.channels > 0 ? norm.channels : (gain ?? offset)?.length;
  if (channels === undefined) {
    throw new UserError(`${path} has no weight for ${norm.name}, which has none of its own to tell how many channels there are; add ${norm.name}.weight.`);
  }
  for (const [part, values] of [["weight", gain], ["bias", offset]] as const) {
    if (values && values.length !== channels) {
      throw new UserError(`${path} has ${values.length} numbers as ${norm.name}.${part}, where the norm has ${channels} channels; give values that were fitted to this model.`);
    }
  }
  const shape = shapeOf(norm, channels);
  if (shape === undefined) throw new UserError(`${path} has values for ${norm.name}, whose channels lie along several axes; leave it out.`);
  return { curve, alpha, shift, shape, gain: gain ?? spread(norm.weight, channels, 1), offset: offset ?? spread(norm.bias, channels, 0) };
}

/** Shape in which numbers for the channels broadcast against the norm's input. */
function shapeOf({ affineAxes = [-1], over }: RowsOfNorm, channels: number): readonly number[] | undefined {
  const [axis] = affineAxes;
  if (affineAxes.length !== 1 || axis === undefined || "groups" in over) return undefined;
  return [channels, ...new Array<number>(-axis - 1).fill(1)];
}

/** What a norm applies, one number a channel. */
function spread(values: Float32Array | undefined, channels: number, absent: number): Float32Array {
  return values?.length === channels ? values : new Float32Array(channels).fill(values?.[0] ?? absent);
}

function listed(names: readonly string[]): string {
  return names.slice(0, 5).map((name) => quote(name)).join(", ") + (names.length > 5 ? ` and ${names.length - 5} more` : "");
}
