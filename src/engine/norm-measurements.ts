import type { MeasuredLayer, MeasurementOptions } from "../analysis/measurement";
import { UserError } from "../shared/errors";
import type { TrainedCurve } from "../shared/norm";
import type { TensorReference } from "./checkpoint/checkpoint";
import { quote } from "./checkpoint/quote";
import type { NormCall } from "./forward";
import type { Constant, Constants } from "./graph/find/constants";
import type { MatchedCurve } from "./graph/find/match";
import { viewOf } from "./graph/find/view";
import type { Value } from "./graph/graph";
import type { Measurer } from "./measurer/measurer";
import { channelShape, rowBlock, settled, type RowsOfNorm } from "./norm-rows";
import type { SurveyedNorm } from "./survey";
import type { Tensor } from "./tensor";

/** A layer that was measured, with the number of times it ran in one forward pass. */
export interface MeasuredNorm extends MeasuredLayer {
  readonly calls: number;
  /** As {@link channelShape} gives it; absent for rows of unknown origin, where rows do not share their channels, and for norms in branches and loops, which nothing can replace. */
  readonly channelShape?: readonly number[];
}

/** The measurements of all norm layers of a run. A layer is fitted as soon as its last input is in, while the next stage runs. */
export class NormMeasurements {
  /** Inputs of each layer that are still to come. */
  private readonly remaining = new Map<string, number>();
  private readonly finished = new Map<string, Promise<MeasuredLayer>>();
  /** Inputs of each layer that came. */
  private readonly seen = new Map<string, number>();
  private readonly shapes = new Map<string, readonly number[]>();

  constructor(
    private readonly measurer: Measurer,
    private readonly norms: ReadonlyMap<string, RowsOfNorm>,
    private readonly survey: ReadonlyMap<string, SurveyedNorm>,
    private readonly batches: number,
    private readonly options: MeasurementOptions,
  ) {}

  /** Takes in what went into the norms of a stage; resolves when it is counted. */
  async add(calls: readonly NormCall[]): Promise<void> {
    const names = new Set(calls.map((call) => call.norm.name));
    await Promise.all([...names].map((name) => this.addTo(name, calls.filter((call) => call.norm.name === name))));
  }

  /** The layers that saw all of their inputs, in the order in which they run first. */
  async results(): Promise<MeasuredNorm[]> {
    const measured: MeasuredNorm[] = [];
    for (const [name, { calls, node }] of this.survey) {
      const layer = await (this.finished.get(name) ?? (this.remaining.has(name) ? this.measurer.finish(name) : undefined));
      const shape = this.shapes.get(name);
      const runs = node.sizes === undefined ? calls : Math.ceil(this.seen.get(name)! / this.batches);
      if (layer) measured.push({ ...layer, calls: runs, ...(shape && { channelShape: shape }) });
    }
    return measured;
  }

  private async addTo(name: string, calls: readonly NormCall[]): Promise<void> {
    const before = this.remaining.get(name) ?? this.start(name, calls[0]!.input);
    for (const call of calls) await this.measurer.add(name, rowBlock(this.norms.get(name)!, call.input, call.batch));
    this.seen.set(name, (this.seen.get(name) ?? 0) + calls.length);
    this.remaining.set(name, before - calls.length);
    if (before > calls.length) return;
    const fit = this.measurer.finish(name);
    // Whoever asks for the results sees the error; until then it is nobody's.
    fit.catch(() => undefined);
    this.finished.set(name, fit);
  }

  /** @returns the number of inputs that will come; a branch or loop does not say. */
  private start(name: string, input: Tensor): number {
    const norm = this.norms.get(name);
    const surveyed = this.survey.get(name);
    if (!norm || !surveyed) throw new Error(`The norm ${name} was not announced.`);
    this.measurer.start(settled(norm, input), this.options);
    if (surveyed.node.sizes !== undefined) return Infinity;
    const shape = channelShape(norm, input);
    if (shape) this.shapes.set(name, shape);
    return surveyed.calls * this.batches;
  }
}

/**
 * What a norm layer is, with its weights read. How many channels it has and over which axes it goes is 0 and unknown where only an input can tell.
 * @throws UserError where a gain or an offset is not a number: nothing could be fitted to such a norm.
 */
export async function readNorm({ node, graph }: SurveyedNorm): Promise<RowsOfNorm> {
  const { constants } = viewOf(graph);
  const { name, kind, role, depth, eps, over, trained } = node;
  const gain = node.gain === undefined ? undefined : await constants.read(node.gain);
  const offset = node.offset === undefined ? undefined : await constants.read(node.offset);
  const tensorBehind = (value: Value | undefined): TensorReference | undefined => (value === undefined ? undefined : graph.weights.get(constants.initializer(value) ?? ""));
  refuseNonFinite(`the gain of ${name}`, gain, tensorBehind(node.gain));
  refuseNonFinite(`the offset of ${name}`, offset, tensorBehind(node.offset));
  const stated = gain && gain.data.length > 1 ? gain : offset;
  const affineAxes = stated && stated.data.length > 1 ? stated.shape.flatMap((size, axis) => (size > 1 ? [axis - stated.shape.length] : [])) : undefined;
  return {
    ...{ name, kind, role, depth, eps, over },
    axes: "axes" in over ? over.axes : affineAxes ?? [-1],
    channels: stated?.data.length ?? 0,
    ...(affineAxes && { affineAxes }),
    ...(gain && { weight: Float32Array.from(gain.data) }),
    ...(offset && { bias: Float32Array.from(offset.data) }),
    ...(trained && { trained: await readCurve(constants, name, trained, tensorBehind) }),
  };
}

/** @throws UserError where alpha or shift is not a number. */
async function readCurve(constants: Constants, name: string, { curve, alpha, shift, against }: MatchedCurve, tensorBehind: (value: Value) => TensorReference | undefined): Promise<TrainedCurve> {
  const read = async (what: string, value: Value): Promise<Float32Array> => {
    const constant = await constants.read(value);
    refuseNonFinite(`the ${what} of ${name}`, constant, tensorBehind(value));
    return Float32Array.from(constant?.data ?? []);
  };
  return { curve, alpha: await read("alpha", alpha), ...(shift !== undefined && { shift: await read("shift", shift) }), against };
}

/** @param what stands for the constant where it is no tensor of the checkpoint's. */
function refuseNonFinite(what: string, constant: Constant | undefined, tensor: TensorReference | undefined): void {
  if (!constant || constant.data.every((value) => Number.isFinite(value))) return;
  throw new UserError(`${tensor?.file ?? "The model"}: ${tensor === undefined ? what : `tensor ${quote(tensor.name)}`} holds NaN or infinite values; the checkpoint is damaged, so get it again.`);
}
