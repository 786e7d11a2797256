import type { MeasuredLayer, MeasurementOptions, RowBlock } from "../analysis/measurement";
import type { Norm } from "../shared/norm";
import { UserError } from "../shared/errors";
import type { Checkpoint, TensorReference } from "./checkpoint/checkpoint";
import { readTensor } from "./checkpoint/tensor-data";
import type { NormCall } from "./forward";
import type { NormNode } from "./graph/norms";
import type { Batch } from "./input/input";
import type { Measurer } from "./measurer/measurer";
import type { SurveyedNorm } from "./survey";
import type { Tensor } from "./tensor";

/** A layer that was measured, with the number of times it ran in one forward pass. */
export interface MeasuredNorm extends MeasuredLayer {
  readonly calls: number;
}

/** The measurements of all norm layers of a run. A layer is fitted as soon as its last input is in, while the next stage runs. */
export class NormMeasurements {
  /** Inputs of each layer that are still to come. */
  private readonly remaining = new Map<string, number>();
  private readonly finished = new Map<string, Promise<MeasuredLayer>>();

  constructor(
    private readonly measurer: Measurer,
    private readonly norms: ReadonlyMap<string, Norm>,
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
    for (const [name, { calls }] of this.survey) {
      const layer = await this.finished.get(name);
      if (layer) measured.push({ ...layer, calls });
    }
    return measured;
  }

  private async addTo(name: string, calls: readonly NormCall[]): Promise<void> {
    const before = this.remaining.get(name) ?? this.start(name);
    for (const call of calls) await this.measurer.add(name, rowBlock(call.input, call.batch));
    this.remaining.set(name, before - calls.length);
    if (before > calls.length) return;
    const fit = this.measurer.finish(name);
    // Whoever asks for the results sees the error; until then it is nobody's.
    fit.catch(() => undefined);
    this.finished.set(name, fit);
  }

  /** @returns the number of inputs that will come. */
  private start(name: string): number {
    const norm = this.norms.get(name);
    const surveyed = this.survey.get(name);
    if (!norm || !surveyed) throw new Error(`The norm ${name} was not announced.`);
    this.measurer.start(norm, this.options);
    return surveyed.calls * this.batches;
  }
}

/** The rows of a norm's input [batch, sequence, ..., channels], or [batch, channels] behind a pooling. */
export function rowBlock(input: Tensor, batch: Batch): RowBlock {
  if (input.type !== "float32") throw new Error("A norm's input is not float32.");
  const { data, shape } = input;
  const rows = data.length / shape.at(-1)!;
  const rowsPerPosition = shape.slice(2, -1).reduce((product, size) => product * size, 1);
  return { data, rows, rowsPerSequence: rows / batch.sequences, rowsPerPosition };
}

/** What a norm layer is, with its weights read from the checkpoint. */
export async function readNorm(checkpoint: Checkpoint, node: NormNode): Promise<Norm> {
  const weight = checkpoint.tensors.get(node.weight ?? "");
  const bias = checkpoint.tensors.get(node.bias ?? "");
  const channels = weight?.shape[0] ?? bias?.shape[0];
  if (channels === undefined) throw new Error(`The norm ${node.name} has no weight to tell its size.`);
  return {
    name: node.name,
    kind: node.kind,
    role: node.role,
    depth: node.depth,
    eps: node.eps,
    axes: node.axes,
    channels,
    ...(weight && { weight: gainOf(await readFinite(weight), node.weightOffset) }),
    ...(bias && { bias: await readFinite(bias) }),
  };
}

function gainOf(weight: Float32Array, offset: number | undefined): Float32Array {
  return offset === undefined ? weight : weight.map((value) => value + offset);
}

/** @throws UserError where a gain or an offset is not a number: nothing could be fitted to such a norm. */
async function readFinite(reference: TensorReference): Promise<Float32Array> {
  const values = await readTensor(reference);
  if (values.every((value) => Number.isFinite(value))) return values;
  throw new UserError(`${reference.file}: tensor ${reference.name} holds NaN or infinite values; the checkpoint is damaged, so get it again.`);
}
