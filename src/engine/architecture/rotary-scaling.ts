import { UserError } from "../../shared/errors";
import type { Config } from "./architecture";
import { flag, numberList, optionalNumber, optionalSize, positive, size } from "./config";

/** What a scaling starts from. */
export interface Unscaled {
  /** theta ** (-2 * pair / channels), one for each pair. */
  readonly frequencies: Float64Array;
  readonly theta: number;
  /** Fields of `rope_parameters` or `rope_scaling`. */
  readonly parameters: Config;
  /** The whole configuration. */
  readonly config: Config;
}

/** What a scaling makes of it. */
export interface Scaled {
  readonly frequencies: Float64Array;
  /** Factor on the cosines and sines; 1 unless stated. */
  readonly factor?: number;
  /** Longest sequence for which it holds; absent where none is too long. */
  readonly longest?: number;
}

/** How rotary frequencies are changed so that a model takes longer sequences than it was first trained on. */
export type RotaryScaling = (unscaled: Unscaled) => Scaled;

/** The scaling of that name. @throws UserError for an unknown name. */
export function rotaryScaling(kind: string): RotaryScaling {
  const scale = Object.hasOwn(scalings, kind) ? scalings[kind] : undefined;
  if (scale) return scale;
  throw new UserError(`config.json: position scaling "${kind}" is not known; NormLens knows ${Object.keys(scalings).join(", ")}.`);
}

const scalings: Readonly<Record<string, RotaryScaling>> = {
  default: ({ frequencies }) => ({ frequencies }),
  // Changes nothing up to the length that the configuration states, and longer sequences are not run.
  dynamic: ({ frequencies }) => ({ frequencies }),
  // Of the three positions that a patch of an image has, text has one alone.
  mrope: ({ frequencies }) => ({ frequencies }),
  linear: ({ frequencies, parameters }) => {
    const factor = positive(parameters, "factor") ?? 1;
    return { frequencies: frequencies.map((frequency) => frequency / factor) };
  },
  llama3,
  yarn,
  longrope,
  su: longrope,
};

/** Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, those between blended. */
function llama3({ frequencies, parameters }: Unscaled): Scaled {
  const factor = positive(parameters, "factor") ?? 8;
  const low = positive(parameters, "low_freq_factor") ?? 1;
  const high = positive(parameters, "high_freq_factor") ?? 4;
  const trained = positive(parameters, "original_max_position_embeddings") ?? 8192;
  return {
    frequencies: frequencies.map((frequency) => {
      const turns = (trained * frequency) / (2 * Math.PI);
      const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
      return frequency * (kept + (1 - kept) / factor);
    }),
  };
}

/** YaRN (arXiv 2309.00071): like llama3, blended by the index of the pair, and attention made sharper. */
function yarn({ frequencies, theta, parameters, config }: Unscaled): Scaled {
  const trained = trainedLength(parameters, config);
  const factor = positive(parameters, "factor") ?? size(config, "max_position_embeddings") / trained;
  const pairOf = (turns: number): number => (frequencies.length * Math.log(trained / (turns * 2 * Math.PI))) / Math.log(theta);
  const [low, high] = [pairOf(positive(parameters, "beta_fast") ?? 32), pairOf(positive(parameters, "beta_slow") ?? 1)];
  const [first, last] = flag(parameters, "truncate", true) ? [Math.floor(low), Math.ceil(high)] : [low, high];
  const from = Math.max(first, 0);
  const to = Math.min(last, 2 * frequencies.length - 1);
  const width = from === to ? 0.001 : to - from;
  return {
    frequencies: frequencies.map((frequency, pair) => {
      const stretched = Math.min(1, Math.max(0, (pair - from) / width));
      return frequency * (1 - stretched + stretched / factor);
    }),
    factor: positive(parameters, "attention_factor") ?? yarnFactor(factor, parameters),
  };
}

function yarnFactor(factor: number, parameters: Config): number {
  const sharpness = (scale: number): number => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  const scale = optionalNumber(parameters, "mscale") ?? 0;
  const scaleOfAll = optionalNumber(parameters, "mscale_all_dim") ?? 0;
  return scale !== 0 && scaleOfAll !== 0 ? sharpness(scale) / sharpness(scaleOfAll) : sharpness(1);
}

/** LongRoPE (arXiv 2402.13753), as it is up to the length that a model was first trained on: a stated divisor for each frequency. Longer sequences have other ones. */
function longrope({ frequencies, parameters, config }: Unscaled): Scaled {
  const trained = trainedLength(parameters, config);
  const factor = positive(parameters, "factor") ?? size(config, "max_position_embeddings") / trained;
  const divisors = numberList(parameters, "short_factor", frequencies.length);
  return {
    frequencies: frequencies.map((frequency, pair) => frequency / divisors[pair]!),
    longest: trained,
    factor: positive(parameters, "attention_factor") ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(trained))),
  };
}

function trainedLength(parameters: Config, config: Config): number {
  return optionalSize(parameters, "original_max_position_embeddings") ?? optionalSize(config, "original_max_position_embeddings") ?? size(config, "max_position_embeddings");
}
