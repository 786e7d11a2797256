import { comparedKind, type Norm } from "../../shared/norm";
import type { InputDescription, ModelDescription } from "../../shared/result";
import { SafetensorsWriter } from "../checkpoint/safetensors-writer";
import type { TensorLayout } from "../checkpoint/safetensors-writer";
import { captureSchema } from "./capture";
import type { CaptureKey } from "./capture";
import { formatRuns, rowsOf } from "./sequence-runs";
import type { SequenceRun } from "./sequence-runs";

/** A norm whose input is going to be captured. */
export interface AnnouncedNorm {
  readonly norm: Norm;
  /** The sequences that will be appended, in order, over all calls. Empty for a norm that will see nothing. */
  readonly runs: readonly SequenceRun[];
  readonly rowsPerPosition: number;
  readonly calls: number;
}

/** Whose inputs they are. */
export interface CaptureDescription {
  readonly model?: ModelDescription;
  readonly input?: Omit<InputDescription, "skipFirst">;
}

/** A number of as many digits as any size has. */
const largest = Number.MAX_SAFE_INTEGER;

/** Writes a capture file while the forward pass runs: each norm is announced, then blocks of its rows are appended as they come. */
export class CaptureWriter {
  private readonly appended = new Map<string, number>();
  private readonly announced: AnnouncedNorm[] = [];

  private constructor(
    private readonly tensors: SafetensorsWriter,
    private readonly description: CaptureDescription,
  ) {}

  /**
   * Starts the file; room is kept in its header for these norms.
   * @param runs most runs that any of them will be announced with.
   * @throws UserError where it can't be written.
   */
  static async create(path: string, norms: readonly Norm[], runs: number, description: CaptureDescription = {}): Promise<CaptureWriter> {
    const anyRuns = Array.from({ length: runs }, () => ({ rowsPerSequence: largest, sequences: largest }));
    const bounds = norms.map((norm): AnnouncedNorm => ({ norm, runs: anyRuns, rowsPerPosition: largest, calls: largest }));
    const layouts = norms.flatMap((norm) => layoutsOf(norm, largest));
    return new CaptureWriter(await SafetensorsWriter.reserve(path, layouts, metadataOf(bounds, description)), description);
  }

  /**
   * Says how much of a norm's input will come; the norms come back in the order in which they are announced.
   * @throws UserError where the disk is full or fails: nothing is left behind then.
   */
  async announce(announced: AnnouncedNorm): Promise<void> {
    const { norm, runs } = announced;
    this.announced.push(announced);
    for (const layout of layoutsOf(norm, rowsOf(runs))) this.tensors.declare(layout);
    if (norm.weight) await this.tensors.write(`${norm.name}.weight`, 0, norm.weight);
    if (norm.bias) await this.tensors.write(`${norm.name}.bias`, 0, norm.bias);
  }

  /**
   * Adds rows x channels of a norm's input, row-major, after those that were added before.
   * @throws UserError where the disk is full or fails: nothing is left behind then.
   */
  async append(name: string, rows: Float32Array): Promise<void> {
    const offset = this.appended.get(name) ?? 0;
    this.appended.set(name, offset + rows.byteLength);
    await this.tensors.write(`${name}.input`, offset, rows);
  }

  /**
   * Puts the file in its place. Rows that were announced and not appended are a defect of the caller.
   * @throws UserError where the disk fails: nothing is left behind then.
   */
  async close(): Promise<void> {
    await this.tensors.finish(metadataOf(this.announced, this.description));
  }

  /** Gives the file up; nothing is left behind. Does nothing after `close`. */
  async abort(): Promise<void> {
    await this.tensors.abort();
  }
}

function layoutsOf({ name, channels, weight, bias }: Norm, rows: number): TensorLayout[] {
  return [
    { name: `${name}.input`, dtype: "F32", shape: [rows, channels] },
    ...(weight ? [{ name: `${name}.weight`, dtype: "F32", shape: [weight.length] } as const] : []),
    ...(bias ? [{ name: `${name}.bias`, dtype: "F32", shape: [bias.length] } as const] : []),
  ];
}

function metadataOf(norms: readonly AnnouncedNorm[], { model, input }: CaptureDescription): Record<string, string> {
  return {
    schema: captureSchema,
    ...(model && { model: JSON.stringify(model) }),
    ...(input && { input: JSON.stringify(input) }),
    ...Object.fromEntries(norms.flatMap(entriesOf)),
  };
}

function entriesOf({ norm, runs, rowsPerPosition, calls }: AnnouncedNorm): [string, string][] {
  const values: Readonly<Record<CaptureKey, string>> = {
    kind: comparedKind(norm),
    eps: String(norm.eps),
    role: norm.role,
    depth: String(norm.depth),
    calls: String(calls),
    rows_per_sequence: formatRuns(runs),
    rows_per_position: String(rowsPerPosition),
  };
  return Object.entries(values).map(([key, value]) => [`${norm.name}.${key}`, value]);
}
