import { InvalidArgumentError, Option, type Command } from "commander";
import { engines } from "../engine/runtime/runtimes";
import type { AnalysisRequest, InputChoice } from "../shared/request";
import { addEngineOptions, engineOptionsOf, type EngineOptions } from "./engine-options";
import { wholeNumber } from "./options";

/** What is fed to a checkpoint and what runs it, as given on the command line. */
export interface AnalysisOptions extends EngineOptions {
  readonly text?: string;
  readonly ids?: string;
  readonly images?: string;
  readonly audio?: string;
  readonly input?: Readonly<Record<string, string>>;
  readonly random?: boolean;
  readonly maxTokens: number;
  readonly sequenceLength?: number;
  readonly skipFirst?: boolean;
  readonly runtime: string;
  readonly device: string;
  readonly seed: number;
}

/** Adds the options that say what is fed and what runs it. */
export function addAnalysisOptions(command: Command): Command {
  return addEngineOptions(command)
    .addOption(new Option("--text <file>", "text to feed, by the model's own tokenizer").conflicts(["ids", "images", "random"]))
    .addOption(new Option("--ids <file>", "token ids to feed, .npy or .json").conflicts(["images", "random"]))
    .addOption(new Option("--images <folder>", "images to feed, by the model's own preprocessor").conflicts("random"))
    .addOption(new Option("--audio <path>", "sound to feed, a WAV file of 16 kHz or a folder of them").conflicts(["text", "ids", "images", "random"]))
    .addOption(new Option("--input <name=file>", "array to feed an ONNX graph's input, .npy; may be given for each input").argParser(namedFile).conflicts(["text", "ids", "images", "random"]))
    .option("--random", "feed seeded random input")
    .option("--max-tokens <n>", "most tokens to feed; image patches count", wholeNumber(1, 10_000_000), 2048)
    .option("--sequence-length <n>", "tokens a sequence (default: the model's context, at most 1024)", wholeNumber(1))
    .option("--skip-first", "leave the first position of every sequence out")
    .option("--runtime <name>", choices(engines.map(({ runtime }) => runtime)), "auto")
    .option("--device <name>", choices(engines.map(({ device }) => device)), "auto")
    .option("--seed <n>", "seed of everything random", wholeNumber(0), 0);
}

/** The same as a request states it. */
export function analysisOf(checkpoint: string, options: AnalysisOptions): AnalysisRequest {
  const { maxTokens, sequenceLength, runtime, device, seed } = options;
  return {
    kind: "analyze",
    checkpoint,
    input: inputOf(options),
    maxTokens,
    skipFirst: options.skipFirst === true,
    runtime,
    device,
    seed,
    ...(sequenceLength !== undefined && { sequenceLength }),
    ...engineOptionsOf(options),
  };
}

/** "auto, cuda, webgpu or cpu" */
function choices(names: readonly string[]): string {
  const different = ["auto", ...new Set(names)];
  return `${different.slice(0, -1).join(", ")} or ${different.at(-1)!}`;
}

/** NAME=FILE, added to those before it. */
function namedFile(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [name, ...file] = text.split("=");
  if (name === undefined || name === "" || file.join("=") === "") throw new InvalidArgumentError("NAME=FILE.npy is expected.");
  return { ...before, [name]: file.join("=") };
}

function inputOf({ text, ids, images, audio, input, random }: AnalysisOptions): InputChoice {
  if (input !== undefined) return { kind: "tensors", files: input };
  if (text !== undefined) return { kind: "text", path: text };
  if (ids !== undefined) return { kind: "ids", path: ids };
  if (audio !== undefined) return { kind: "audio", path: audio };
  if (images !== undefined) return { kind: "images", path: images };
  return { kind: random === true ? "random" : "default" };
}
