import { LayerMeasurement, type MeasuredLayer, type MeasurementOptions, type RowBlock } from "../analysis/measurement";
import type { Norm } from "../shared/norm";
import type { Checkpoint } from "./checkpoint/checkpoint";
import { readTensor } from "./checkpoint/tensor-data";
import type { NormCall } from "./forward";
import type { NormNode } from "./graph/norms";
import type { Batch } from "./input/input";
import type { SurveyedNorm } from "./survey";
import type { Tensor } from "./tensor";

/** A layer that was measured, with the number of times it ran in one forward pass. */
export interface MeasuredNorm extends MeasuredLayer {
  readonly calls: number;
}

/** The measurements of all norm layers of a run, each of which is finished as soon as its last input is in. */
export class NormMeasurements {
  /** Wall-clock seconds of statistics, and of fits. */
  readonly seconds = { statistics: 0, fit: 0 };
  private readonly running = new Map<string, { measurement: LayerMeasurement; remaining: number }>();
  private readonly finished = new Map<string, MeasuredNorm>();

  constructor(
    private readonly norms: ReadonlyMap<string, Norm>,
    private readonly survey: ReadonlyMap<string, SurveyedNorm>,
    private readonly batches: number,
    private readonly options: MeasurementOptions,
  ) {}

  /** Takes in one run of one norm. */
  add(call: NormCall): void {
    const { name } = call.norm;
    const running = this.running.get(name) ?? this.start(name);
    const start = performance.now();
    running.measurement.add(rowBlock(call.input, call.batch));
    this.seconds.statistics += (performance.now() - start) / 1000;
    running.remaining -= 1;
    if (running.remaining === 0) this.finish(name, running.measurement);
  }

  /** The layers that saw all of their inputs, in the order in which they run first. */
  results(): MeasuredNorm[] {
    return [...this.survey.keys()].flatMap((name) => this.finished.get(name) ?? []);
  }

  private start(name: string): { measurement: LayerMeasurement; remaining: number } {
    const norm = this.norms.get(name);
    const surveyed = this.survey.get(name);
    if (!norm || !surveyed) throw new Error(`The norm ${name} was not announced.`);
    const running = { measurement: new LayerMeasurement(norm, this.options), remaining: surveyed.calls * this.batches };
    this.running.set(name, running);
    return running;
  }

  private finish(name: string, measurement: LayerMeasurement): void {
    const start = performance.now();
    this.finished.set(name, { ...measurement.finish(), calls: this.survey.get(name)!.calls });
    this.seconds.fit += (performance.now() - start) / 1000;
    this.running.delete(name);
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
    ...(weight && { weight: await readTensor(weight) }),
    ...(bias && { bias: await readTensor(bias) }),
  };
}
