import { UserError } from "../../shared/errors";
import { normRoles } from "../../shared/norm";
import type { Norm, NormRole, StatisticalKind } from "../../shared/norm";
import type { ModelDescription } from "../../shared/result";
import type { TensorReference } from "../checkpoint/checkpoint";
import { isJsonObject } from "../checkpoint/json";
import type { JsonObject } from "../checkpoint/json";
import { quote } from "../checkpoint/quote";
import { readSafetensorsHeader } from "../checkpoint/safetensors-header";
import { isComputable, readElements, readTensor } from "../checkpoint/tensor-data";
import { elementCount } from "../tensor";
import { captureSchema } from "./capture";
import type { Capture, CaptureKey, CaptureLayer } from "./capture";
import { parseRuns } from "./sequence-runs";
import type { SequenceRun } from "./sequence-runs";

/** Where a file gives no eps: the default of torch.nn.LayerNorm and GroupNorm, and that of Llama's RMSNorm in transformers. */
const defaultEps: Readonly<Record<StatisticalKind, number>> = { layernorm: 1e-5, groupnorm: 1e-5, rmsnorm: 1e-6 };

/** Elements that {@link readBlocks} reads at once where sequences are shorter: 16 MiB of float32. */
const elementsAtOnce = 2 ** 22;

const inputSuffix = ".input";

/** Far more than any norm has. */
const mostChannels = 1_000_000;

/**
 * Opens a capture file from any producer and reads the norms' weights; the inputs stay on disk.
 *
 * Where the metadata say nothing: kind is layernorm if there is a bias (only LayerNorm and GroupNorm have one) and must be
 * given otherwise; eps is 1e-5 (layernorm, groupnorm) or 1e-6 (rmsnorm); role is "other", as is a role of an unknown name;
 * depth is the first number in the name, else 0 for an embedding norm and the number of blocks for the rest; an input
 * [batch, tokens, channels] or [batch, tokens, heads, channels] is `batch` sequences, and any other one has no known sequences; a
 * position is one row, or one for each head.
 *
 * @throws UserError where it is no capture, or a norm is described wrongly or not well enough.
 */
export async function openCapture(path: string): Promise<Capture> {
  const { tensors, metadata } = await readSafetensorsHeader(path);
  const schema = metadata.get("schema") ?? captureSchema;
  if (schema !== captureSchema) throw new UserError(`${path} is of schema ${quote(schema)}, not ${captureSchema}; write it for this version.`);
  const source: Source = { path, metadata, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
  const inputs = tensors.filter(({ name }) => name.endsWith(inputSuffix) && name !== inputSuffix);
  if (inputs.length === 0) throw new UserError(`${path} has no tensor NAME.input, so it is no capture of norm layers; name one that 'analyze --taps' wrote.`);

  const blocks = inputs.reduce((count, { name }) => Math.max(count, (givenDepth(source, layerName(name)) ?? -1) + 1), 0);
  const layers: CaptureLayer[] = [];
  for (const input of inputs) layers.push(await readLayer(source, input, blocks));
  layers.sort((a, b) => a.norm.depth - b.norm.depth);
  const input = embeddedJson(source, "input");
  return { path, layers, model: modelOf(source), ...(input && { input }) };
}

/**
 * Rows `first` to `first + rows` of a layer's input as rows x channels float32, row-major.
 * @throws UserError where the file has become shorter.
 */
export async function readRows(layer: CaptureLayer, first: number, rows: number): Promise<Float32Array> {
  const { channels } = layer.norm;
  return readElements(layer.reference, first * channels, rows * channels);
}

/** Rows of one layer's input that were read together: whole sequences of one length. */
export interface CaptureBlock {
  /** rows x channels, row-major. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly rowsPerSequence: number;
  readonly rowsPerPosition: number;
}

/**
 * All rows of a layer, block by block and in order: as many whole sequences as make 16 MiB, at least one.
 * @throws UserError where the file has become shorter.
 */
export async function* readBlocks(layer: CaptureLayer): AsyncGenerator<CaptureBlock> {
  const { rowsPerPosition, norm } = layer;
  let first = 0;
  for (const { rowsPerSequence, sequences } of layer.runs) {
    const atOnce = Math.max(1, Math.floor(elementsAtOnce / (rowsPerSequence * norm.channels)));
    for (let done = 0; done < sequences; done += atOnce) {
      const rows = Math.min(atOnce, sequences - done) * rowsPerSequence;
      yield { data: await readRows(layer, first, rows), rows, rowsPerSequence, rowsPerPosition };
      first += rows;
    }
  }
}

/** What all parts of a capture are read from. */
interface Source {
  readonly path: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorReference>;
}

async function readLayer(source: Source, reference: TensorReference, blocks: number): Promise<CaptureLayer> {
  const name = layerName(reference.name);
  const { rows, channels } = checkInput(source, reference);
  const rowsPerPosition = countOf(source, name, "rows_per_position") ?? (reference.shape.length === 4 ? reference.shape[2]! : 1);
  const kind = kindOf(source, name);
  const role = roleOf(source, name);
  const weight = await readParameter(source, `${name}.weight`, [1, channels]);
  const bias = await readParameter(source, `${name}.bias`, [channels]);
  const norm: Norm = {
    name,
    kind,
    role,
    depth: givenDepth(source, name) ?? (role === "embedding" ? 0 : blocks),
    eps: epsOf(source, name) ?? defaultEps[kind],
    axes: [-1],
    channels,
    ...(weight && { weight }),
    ...(bias && { bias }),
  };
  const runs = runsOf(source, reference, rows, rowsPerPosition);
  return { norm, reference, rows, runs, rowsPerPosition, calls: countOf(source, name, "calls") ?? 1 };
}

function layerName(inputName: string): string {
  return inputName.slice(0, -inputSuffix.length);
}

function checkInput({ path }: Source, { name, dtype, shape }: TensorReference): { rows: number; channels: number } {
  const channels = shape.at(-1) ?? 0;
  if (shape.length < 2 || shape.length > 4 || channels === 0) {
    throw new UserError(`${path}: ${quote(name)} has the shape [${shape.join(", ")}], not [tokens, channels], [batch, tokens, channels] or [batch, tokens, heads, channels]; capture it again.`);
  }
  if (channels > mostChannels) throw new UserError(`${path}: ${quote(name)} has ${channels} channels, more than the ${mostChannels} that are read; check its shape.`);
  if (!isComputable(dtype)) throw new UserError(`${path}: ${quote(name)} is stored as ${dtype}; capture it as F32, F16 or BF16.`);
  return { rows: elementCount(shape) / channels, channels };
}

async function readParameter({ path, tensors }: Source, name: string, lengths: readonly number[]): Promise<Float32Array | undefined> {
  const reference = tensors.get(name);
  if (!reference) return undefined;
  const length = elementCount(reference.shape);
  if (!lengths.includes(length)) {
    throw new UserError(`${path}: ${quote(name)} has ${length} elements, but the input has ${lengths.at(-1)!} channels; capture it again.`);
  }
  const values = await readTensor(reference);
  if (values.every((value) => Number.isFinite(value))) return values;
  throw new UserError(`${path}: ${quote(name)} holds NaN or infinite values; capture it again.`);
}

function kindOf(source: Source, name: string): StatisticalKind {
  const kind = textOf(source, name, "kind");
  if (kind === undefined) {
    if (source.tensors.has(`${name}.bias`)) return "layernorm";
    throw new UserError(`${source.path} doesn't say whether ${quote(name)} is a LayerNorm or an RMSNorm; add the metadata ${quote(`${name}.kind`)}: "layernorm" or "rmsnorm".`);
  }
  return isKind(kind) ? kind : refuse(source, name, "kind", "layernorm, rmsnorm or groupnorm");
}

function isKind(kind: string): kind is StatisticalKind {
  return Object.hasOwn(defaultEps, kind);
}

function roleOf(source: Source, name: string): NormRole {
  const given = textOf(source, name, "role");
  return normRoles.find((role) => role === given) ?? "other";
}

function epsOf(source: Source, name: string): number | undefined {
  const text = textOf(source, name, "eps");
  if (text === undefined) return undefined;
  const eps = Number(text);
  return text.trim() !== "" && Number.isFinite(eps) && eps >= 0 ? eps : refuse(source, name, "eps", "a number from 0 up");
}

function givenDepth(source: Source, name: string): number | undefined {
  const text = textOf(source, name, "depth") ?? /(?:^|\.)(\d{1,6})(?:\.|$)/.exec(name)?.[1];
  if (text === undefined) return undefined;
  const depth = wholeNumber(text);
  return depth ?? refuse(source, name, "depth", "a whole number from 0 up");
}

function countOf(source: Source, name: string, key: CaptureKey): number | undefined {
  const text = textOf(source, name, key);
  if (text === undefined) return undefined;
  const count = wholeNumber(text);
  return count !== undefined && count > 0 ? count : refuse(source, name, key, "a whole number from 1 up");
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

/** Without a word on sequences, every row stands alone: then none counts as the first of its sequence. */
function runsOf(source: Source, { name, shape }: TensorReference, rows: number, rowsPerPosition: number): readonly SequenceRun[] {
  if (rows === 0) return [];
  if (rows % rowsPerPosition !== 0) return refuse(source, layerName(name), "rows_per_position", `a divisor of its ${rows} rows`);
  const text = textOf(source, layerName(name), "rows_per_sequence");
  if (text === undefined) {
    const inSequence = shape.slice(1, -1).reduce((product, size) => product * size, 1);
    const rowsPerSequence = shape.length > 2 && inSequence % rowsPerPosition === 0 ? inSequence : rowsPerPosition;
    return [{ rowsPerSequence, sequences: rows / rowsPerSequence }];
  }
  const runs = parseRuns(text, rows);
  const whole = runs?.every((run) => run.rowsPerSequence % rowsPerPosition === 0);
  return runs && whole ? runs : refuse(source, layerName(name), "rows_per_sequence", `lengths like 1024 or 1024x3,500 that add up to its ${rows} rows`);
}

function textOf({ metadata }: Source, name: string, key: CaptureKey): string | undefined {
  return metadata.get(`${name}.${key}`);
}

function refuse(source: Source, name: string, key: CaptureKey, expected: string): never {
  const value = quote(textOf(source, name, key) ?? "");
  throw new UserError(`${source.path} has the metadata ${quote(`${name}.${key}`)}: ${value}, which should be ${expected}; correct it or capture again.`);
}

function modelOf(source: Source): ModelDescription {
  const given = embeddedJson(source, "model") ?? {};
  const text = (key: keyof ModelDescription): string => (typeof given[key] === "string" ? given[key] : "unknown");
  const count = (key: keyof ModelDescription): number => (typeof given[key] === "number" && given[key] >= 0 ? given[key] : 0);
  return {
    path: source.path,
    format: "capture",
    family: text("family"),
    architecture: text("architecture"),
    width: count("width"),
    depth: count("depth"),
    parameters: count("parameters"),
    dtype: text("dtype"),
    isLanguageModel: given["isLanguageModel"] === true,
  };
}

function embeddedJson({ path, metadata }: Source, key: "model" | "input"): JsonObject | undefined {
  const text = metadata.get(key);
  if (text === undefined) return undefined;
  const value = parsed(text);
  if (!isJsonObject(value)) throw new UserError(`${path} has the metadata "${key}" that is no JSON object; correct it or leave it out.`);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
