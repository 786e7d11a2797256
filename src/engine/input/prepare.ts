import { UserError } from "../../shared/errors";
import { batchImages, batchSequences, defaultBatchTokens } from "./batch";
import { bundledPath } from "./bundled";
import { calibration } from "./calibration";
import { characterTokenizer, filledUp } from "./characters";
import { cutSequences } from "./cut";
import { prepareGraph } from "./graph-input";
import { readIds } from "./ids";
import type { Batch, CalibrationInput, ImageInput, InputOptions, ModelInput, TextInput } from "./input";
import { listImages, readImage } from "./images";
import { prepareLatents } from "./latents";
import { pairWithText } from "./paired-text";
import { randomIds, randomImages } from "./random";
import { defaultRecipe, readRecipe, type ImageRecipe } from "./recipe";
import { prepareSound } from "./sound";
import { readText } from "./text";
import { hasTokenizer, loadTokenizer } from "./tokenizer";

/** Longest sequence that text is cut to unless the user says otherwise: alphas have settled by then, attention stays cheap. */
const defaultSequenceLength = 1024;

/**
 * Calibration input of the kind that the user chose, ready to run. Default: the bundled text or images where the checkpoint's folder
 * holds the model's own tokenizer or preprocessor, else seeded random input with a warning.
 * @throws UserError where the choice does not suit the model, the options are out of range, or the input cannot be read.
 */
export async function prepareInput(expected: ModelInput, folder: string, options: InputOptions): Promise<CalibrationInput> {
  checkAmount("number of tokens", options.maxTokens);
  switch (expected.modality) {
    case "text":
      return prepareText(expected, folder, options);
    case "images":
      return pairWithText(await prepareImages(expected, folder, options), expected.text, folder, options);
    case "audio":
      return pairWithText(await prepareSound(expected, folder, options), expected.text, folder, options);
    case "latents":
      return prepareLatents(expected, options);
    case "graph":
      return prepareGraph(expected, options, (main, changed) => prepareInput(main, folder, changed));
  }
}

async function prepareText(expected: TextInput, folder: string, options: InputOptions): Promise<CalibrationInput> {
  checkSequenceLength(expected, options.sequenceLength);
  const { choice } = options;
  switch (choice.kind) {
    case "default":
      if (expected.characters === true || (await hasTokenizer(folder, options.tokenizer))) return text(expected, folder, options, bundledPath("text.txt"), "bundled text");
      return randomText(expected, options, [`${folder} has no tokenizer.json, so random token ids were fed: give text or token ids for numbers that mean something.`]);
    case "random":
      return randomText(expected, options, []);
    case "text":
      return text(expected, folder, options, choice.path, choice.path);
    case "ids":
      return ids(expected, options, choice.path);
    case "images":
    case "audio":
      throw new UserError(`${choice.path} was given as ${choice.kind === "audio" ? "sound" : "images"}, but the model takes text: give text or token ids.`);
    case "tensors":
      throw notAGraph(choice.files);
  }
}

async function prepareImages(expected: ImageInput, folder: string, options: InputOptions): Promise<CalibrationInput> {
  const { choice } = options;
  switch (choice.kind) {
    case "default": {
      const recipe = await readRecipe(folder, expected);
      if (recipe) return images(expected, options, recipe, bundledPath("images"), "bundled images");
      return randomPixels(expected, options, [`${folder} has no preprocessor_config.json, so random pixels were fed: give images for numbers that mean something.`]);
    }
    case "random":
      return randomPixels(expected, options, []);
    case "images": {
      const recipe = await readRecipe(folder, expected);
      if (recipe) return images(expected, options, recipe, choice.path, choice.path);
      const guessed = await images(expected, options, defaultRecipe(expected), choice.path, choice.path);
      const warning = `${folder} has no preprocessor_config.json, so images were resized bilinearly and normalised with mean 0.5 and std 0.5: put the model's own file there.`;
      return { ...guessed, warnings: [warning, ...guessed.warnings] };
    }
    case "text":
    case "ids":
    case "audio":
      throw new UserError(`${choice.path} was given as ${{ text: "text", ids: "token ids", audio: "sound" }[choice.kind]}, but the model takes images: give an image or a folder of images.`);
    case "tensors":
      throw notAGraph(choice.files);
  }
}

function notAGraph(files: Readonly<Record<string, string>>): UserError {
  return new UserError(`${Object.values(files).join(", ")} can't be fed by the name of an input, which only ONNX graphs have: give text, token ids or images.`);
}

async function images(expected: ImageInput, options: InputOptions, recipe: ImageRecipe, path: string, source: string): Promise<CalibrationInput> {
  const { paths, warnings } = await listImages(path, imageCount(expected, options));
  const pixels: Float32Array[] = [];
  for (const image of paths) pixels.push(await readImage(image, recipe, expected));
  return calibration("images", source, imageBatches(pixels, expected, options), source === path ? warnings : [], options);
}

async function text(expected: TextInput, folder: string, options: InputOptions, path: string, source: string): Promise<CalibrationInput> {
  const tokenizer = expected.characters === true ? characterTokenizer : await loadTokenizer(folder, options.tokenizer);
  const { sequences, warnings } = await readText(path, tokenizer, expected, textLength(expected, options), options.maxTokens);
  return calibration("text", source, tokenBatches(sequences, expected, options), warnings, options);
}

/** Sequences that the user cut are kept whole as far as the model's context allows, unless a length is asked for. */
async function ids(expected: TextInput, options: InputOptions, path: string): Promise<CalibrationInput> {
  const all = await readIds(path, expected.vocabularySize, options.maxTokens + 1);
  const length = lengthOf(expected.contextLength, options);
  const { sequences, cut, leftOut } = cutSequences(all, length, options.maxTokens);
  const warnings = [
    ...(cut > 0 ? [`${cut} ${cut === 1 ? "sequence" : "sequences"} of ${path} longer than ${length} tokens were cut into pieces.`] : []),
    ...(leftOut ? [`Only the first ${options.maxTokens} tokens of ${path} were fed: raise the number of tokens to feed more.`] : []),
  ];
  return calibration("ids", path, tokenBatches(sequences, expected, options), warnings, options);
}

function randomText(expected: TextInput, options: InputOptions, warnings: readonly string[]): CalibrationInput {
  const ids = randomIds(expected.vocabularySize, options.maxTokens, options.seed);
  const { sequences } = cutSequences([ids], textLength(expected, options), options.maxTokens);
  return calibration("random", "random", tokenBatches(sequences, expected, options), warnings, options);
}

function randomPixels(expected: ImageInput, options: InputOptions, warnings: readonly string[]): CalibrationInput {
  const images = randomImages(expected, imageCount(expected, options), options.seed);
  return calibration("random", "random", imageBatches(images, expected, options), warnings, options);
}

function tokenBatches(sequences: readonly (readonly number[])[], expected: TextInput, options: InputOptions): Batch[] {
  const whole = expected.characters === true ? filledUp(sequences, expected.contextLength) : sequences;
  return batchSequences(whole, options.batchTokens ?? defaultBatchTokens);
}

function imageBatches(images: readonly Float32Array[], expected: ImageInput, options: InputOptions): Batch[] {
  return batchImages(images, expected, options.batchTokens ?? defaultBatchTokens);
}

function textLength(expected: TextInput, options: InputOptions): number {
  return lengthOf(Math.min(expected.contextLength, defaultSequenceLength), options);
}

function lengthOf(usual: number, { sequenceLength, longestSequence = Infinity }: InputOptions): number {
  return Math.min(sequenceLength ?? usual, longestSequence);
}

/** As many whole images as the tokens allow, at least one. */
function imageCount(expected: ImageInput, options: InputOptions): number {
  return Math.max(1, Math.floor(options.maxTokens / expected.tokensPerImage));
}

function checkSequenceLength(expected: TextInput, length: number | undefined): void {
  if (length === undefined) return;
  checkAmount("sequence length", length);
  if (length > expected.contextLength) {
    throw new UserError(`The sequence length ${length} exceeds the model's context of ${expected.contextLength} tokens: choose at most that.`);
  }
}

function checkAmount(what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new UserError(`The ${what} is ${value}: choose a whole number above 0.`);
}
