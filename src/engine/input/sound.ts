import { join } from "node:path";
import { stat } from "node:fs/promises";
import { UserError } from "../../shared/errors";
import { isJsonObject } from "../checkpoint/json";
import { elementCount } from "../tensor";
import { batchPieces, defaultBatchTokens } from "./batch";
import { calibration } from "./calibration";
import { exists, listFolder, readJson } from "./files";
import type { AudioInput, CalibrationInput, InputOptions } from "./input";
import { logMel } from "./log-mel";
import { randomNormals } from "./random";
import { readWav } from "./wav";

/** Samples a second that every model of these families takes. */
const rate = 16_000;

/** Samples of one log-mel frame. */
const hop = 160;

/** Added to the variance where samples are standardised (transformers, Wav2Vec2FeatureExtractor). */
const varianceFloor = 1e-7;

/**
 * Sound for a model that takes it: WAV files, cut into pieces of the model's length, or seeded noise where none are given.
 * @throws UserError where something else was chosen, or the sound can't be read.
 */
export async function prepareSound(expected: AudioInput, folder: string, options: InputOptions): Promise<CalibrationInput> {
  const { choice } = options;
  switch (choice.kind) {
    case "audio":
      return recorded(expected, folder, options, choice.path);
    case "default":
      return noise(expected, options, ["There is no bundled sound, so noise was fed: give WAV files for numbers that mean something."]);
    case "random":
      return noise(expected, options, []);
    case "text":
    case "ids":
    case "images":
      throw new UserError(`${choice.path} can't be fed, as the model takes sound: give a WAV file or a folder of them.`);
    case "tensors":
      throw new UserError(`${Object.values(choice.files).join(", ")} can't be fed by the name of an input, which only ONNX graphs have: give a WAV file or a folder of them.`);
  }
}

async function recorded(expected: AudioInput, folder: string, options: InputOptions, path: string): Promise<CalibrationInput> {
  const count = pieceCount(expected, options);
  const standardises = await isStandardised(folder);
  const pieces: Float32Array[] = [];
  for (const file of await soundFiles(path)) {
    for (const samples of piecesOf(expected, await readAtRate(file))) {
      if (pieces.length < count) pieces.push(expected.feed === "input_features" ? logMel(samples, expected.shape[0]!) : standardises ? standardised(samples) : samples);
    }
    if (pieces.length === count) break;
  }
  if (pieces.length === 0) throw new UserError(`${path} holds no ${lengthOf(expected) / rate} seconds of sound in one piece, which is what is fed at a time: give a longer recording.`);
  return calibration("audio", path, batchPieces(pieces, expected, options.batchTokens ?? defaultBatchTokens), [], options);
}

function noise(expected: AudioInput, options: InputOptions, warnings: readonly string[]): CalibrationInput {
  const count = pieceCount(expected, options);
  const length = elementCount(expected.shape);
  const values = randomNormals(count * length, options.seed);
  const pieces = Array.from({ length: count }, (_, index) => values.subarray(index * length, (index + 1) * length));
  return calibration("random", "random", batchPieces(pieces, expected, options.batchTokens ?? defaultBatchTokens), warnings, options);
}

function pieceCount(expected: AudioInput, { maxTokens }: InputOptions): number {
  return Math.max(1, Math.floor(maxTokens / expected.tokensPerPiece));
}

/** Samples of a piece. */
function lengthOf({ feed, shape }: AudioInput): number {
  return feed === "input_features" ? shape[1]! * hop : shape[0]!;
}

/** Whole pieces; a model of spectrograms was trained with silence behind the last one, so it is filled up. */
function piecesOf(expected: AudioInput, samples: Float32Array): Float32Array[] {
  const length = lengthOf(expected);
  const count = expected.feed === "input_features" ? Math.ceil(samples.length / length) : Math.floor(samples.length / length);
  return Array.from({ length: count }, (_, index) => {
    const piece = new Float32Array(length);
    piece.set(samples.subarray(index * length, (index + 1) * length));
    return piece;
  });
}

async function readAtRate(file: string): Promise<Float32Array> {
  const sound = await readWav(file);
  if (sound.rate === rate) return sound.samples;
  throw new UserError(`${file} has ${sound.rate} samples a second, but the model takes ${rate}: convert it, with ffmpeg -i ... -ar ${rate} -ac 1 out.wav.`);
}

async function soundFiles(path: string): Promise<string[]> {
  const isFolder = await stat(path).then((found) => found.isDirectory(), () => false);
  if (!isFolder) return [path];
  const files = (await listFolder(path)).filter((name) => /\.wav$/i.test(name));
  if (files.length === 0) throw new UserError(`${path} holds no .wav file: name a folder with recordings in this format.`);
  return files.map((name) => join(path, name));
}

/** Whether the model's own extractor standardises samples, which it does unless its file says otherwise. */
async function isStandardised(folder: string): Promise<boolean> {
  const path = join(folder, "preprocessor_config.json");
  if (!(await exists(path))) return true;
  const config = await readJson(path);
  return !isJsonObject(config) || config["do_normalize"] !== false;
}

function standardised(samples: Float32Array): Float32Array {
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  const variance = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples.length;
  return samples.map((value) => (value - mean) / Math.sqrt(variance + varianceFloor));
}
