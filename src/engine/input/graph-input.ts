import { UserError } from "../../shared/errors";
import { feedOptions, formatFeed } from "../../shared/graph-feed";
import type { Tensor } from "../tensor";
import { calibration } from "./calibration";
import { completed, given, mainFeed, noise, sequencesTogether } from "./graph-feeds";
import type { Batch, CalibrationInput, GraphFeed, GraphInput, ImageInput, InputOptions, TextInput } from "./input";
import { readNpyTensor } from "./npy-tensor";

/** Most runs over noise: a run may hold a single token, or a minute of sound. */
const mostNoiseRuns = 32;

/** Prepares the input that carries what is analysed, as for a model that takes nothing else. */
export type PrepareMain = (expected: TextInput | ImageInput, options: InputOptions) => Promise<CalibrationInput>;

/**
 * Ids or pictures for the main input, one sequence at a time, and what else the graph takes to fit them; noise where it has no such input;
 * or arrays that the user gives.
 * @throws UserError where the choice does not suit the graph.
 */
export async function prepareGraph(expected: GraphInput, options: InputOptions, prepareMain: PrepareMain): Promise<CalibrationInput> {
  const { choice, seed, sequenceLength } = options;
  if (choice.kind === "tensors") return tensors(expected, choice.files, options);
  const main = mainFeed(expected, sequenceLength);
  if (!main) {
    if (choice.kind !== "default" && choice.kind !== "random") throw new UserError(`${choice.path} can't be fed, as the graph takes neither token ids nor pictures: give ${feedOptions(expected.feeds)}.`);
    const first = noise(expected, sequenceLength, seed);
    const runs = Math.min(mostNoiseRuns, Math.ceil(options.maxTokens / (first.sequences * first.sequenceLength)));
    const batches = Array.from({ length: runs }, (_, index) => (index === 0 ? first : noise(expected, sequenceLength, seed + index * expected.feeds.length)));
    return calibration("random", "random", batches, choice.kind === "random" ? [] : [`The graph takes neither token ids nor pictures, so noise was fed: give ${feedOptions(expected.feeds)} for numbers that mean something.`], options);
  }
  const { fixedLength } = main;
  if (fixedLength !== undefined && sequenceLength !== undefined && sequenceLength !== fixedLength) throw new UserError(`The graph takes sequences of ${fixedLength} tokens and no others: leave the sequence length out.`);
  const length = fixedLength ?? sequenceLength;
  const together = sequencesTogether(main);
  const tokensTogether = together * (main.expected.modality === "images" ? main.expected.tokensPerImage : (length ?? 1));
  const fed = await prepareMain(main.expected, { ...options, batchTokens: 1, maxTokens: Math.max(options.maxTokens, tokensTogether), ...(length !== undefined && { sequenceLength: length }), ...(fixedLength !== undefined && { longestSequence: fixedLength }) });
  const batches = fed.batches.filter((batch) => fixedLength === undefined || batch.sequenceLength === fixedLength || main.expected.modality === "images");
  if (batches.length === 0) throw new UserError(`${fed.description.source} holds no sequence of ${fixedLength ?? 0} tokens, the only length that the graph takes: give longer ones.`);
  const { kind, source } = fed.description;
  const { groups, warnings } = grouped(batches, together, source);
  return calibration(kind, source, groups.map((group) => completed(expected, main, group, seed)), [...fed.warnings, ...warnings], options);
}

/** Sequences of one length in groups of as many as the graph takes at a time; what is left over goes, unless there is nothing else. */
function grouped(batches: readonly Batch[], together: number, source: string): { groups: Batch[][]; warnings: string[] } {
  const lengths = [...new Set(batches.map(({ sequenceLength }) => sequenceLength))].map((length) => batches.filter((batch) => batch.sequenceLength === length));
  const groups = lengths.flatMap((alike) => Array.from({ length: Math.floor(alike.length / together) }, (_, index) => alike.slice(index * together, (index + 1) * together)));
  const left = batches.length - groups.length * together;
  if (groups.length > 0) return { groups, warnings: left === 0 ? [] : [`The graph takes ${together} sequences of one length at a time, so ${left} of ${source} ${left === 1 ? "was" : "were"} left out.`] };
  const alike = lengths[0]!;
  const repeated = Array.from({ length: together }, (_, index) => alike[index % alike.length]!);
  return { groups: [repeated], warnings: [`The graph takes ${together} sequences of one length at a time, and ${source} has ${alike.length}: what was fed more than once makes intervals narrower than they are.`] };
}

/** Arrays as they are, in one run. */
async function tensors(expected: GraphInput, files: Readonly<Record<string, string>>, options: InputOptions): Promise<CalibrationInput> {
  const read: Record<string, Tensor> = {};
  for (const [name, path] of Object.entries(files)) {
    const feed = expected.feeds.find((one) => one.name === name);
    if (!feed) throw new UserError(`The graph has no input "${name}" that its norms depend on: it takes ${expected.feeds.map(formatFeed).join("; ")}.`);
    read[name] = fitting(path, feed, await readNpyTensor(path));
  }
  return calibration("ids", Object.values(files).join(", "), [given(expected, read, options.seed)], [], options);
}

/** @throws UserError where an array has another type or shape than the input that it is for. */
function fitting(path: string, { name, type, shape, bound }: GraphFeed, tensor: Tensor): Tensor {
  if (tensor.type !== type) throw new UserError(`${path} holds ${tensor.type === "float32" ? "floats" : "integers"}, but the input "${name}" takes ${type === "float32" ? "floats" : "integers"}: save it with that dtype.`);
  const fits = shape.length === 0 || (tensor.shape.length === shape.length && shape.every((size, axis) => typeof size === "string" || size === tensor.shape[axis]));
  if (!fits) throw new UserError(`${path} has the shape (${tensor.shape.join(", ")}), but the input "${name}" takes (${shape.map((size) => (size === "" ? "any" : size)).join(", ")}): save it in that shape.`);
  const wrong = tensor.type === "int64" && bound !== undefined ? tensor.data.find((id) => id < -bound || id >= bound) : undefined;
  if (wrong !== undefined) throw new UserError(`${path} holds the id ${wrong}, and the table that the input "${name}" looks up has rows 0 to ${bound! - 1}: give other ids.`);
  return tensor;
}
