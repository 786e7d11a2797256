import type { EngineChoice, EngineFallback } from "./engines";
import type { NormKind, NormRole, StatisticalKind } from "./norm";
import type { Replacement, ReplacementCurve } from "./replacement";

/** Version of the result format; a reader refuses any other. */
export const resultSchema = "normlens/1";

/** Ending of result files. */
export const resultSuffix = ".normlens.json";

/** What `normlens analyze` and `normlens fit` write: everything that lenses, panel, tables and exports show. */
export interface Result {
  readonly schema: typeof resultSchema;
  readonly model: ModelDescription;
  readonly input: InputDescription;
  readonly engine: EngineDescription;
  readonly coverage: Coverage;
  /** In the order in which the forward pass meets the layers. */
  readonly layers: readonly LayerResult[];
  readonly groups: readonly GroupResult[];
  readonly warnings: readonly Warning[];
  /** What replacing the norms costs; absent where it was not measured. */
  readonly replacement?: Replacement;
}

/** The checkpoint that was analysed. */
export interface ModelDescription {
  /** File or folder as the user named it. */
  readonly path: string;
  /** Checkpoint format: "safetensors", "capture" ... */
  readonly format: string;
  /** Architecture family of NormLens: "gpt2", "llama", "bert", "albert", "vit"; "onnx", "tensorflow" or "keras" for a graph; "unknown" for a capture. */
  readonly family: string;
  /** Class name from the configuration (`GPT2LMHeadModel`), or the family again. */
  readonly architecture: string;
  /** Hidden size; 0 where unknown. */
  readonly width: number;
  /** Number of blocks; 0 where unknown. */
  readonly depth: number;
  /** Number of parameters in the checkpoint; 0 where unknown. */
  readonly parameters: number;
  /** dtype that holds most of the parameters, as safetensors spells it: "F32", "BF16" ... */
  readonly dtype: string;
  /** Language models get alpha by width, all others 0.5. */
  readonly isLanguageModel: boolean;
}

/** The calibration input. */
export interface InputDescription {
  readonly kind: "text" | "ids" | "images" | "audio" | "capture" | "random";
  /** File, folder, "bundled text" or "random". */
  readonly source: string;
  readonly sequences: number;
  /** Tokens over all sequences: text tokens, image patches, capture rows. */
  readonly tokens: number;
  /** Of the input as it was fed, in hexadecimal. */
  readonly sha256: string;
  readonly seed: number;
  /** True where the first position of every sequence was left out of statistics and fits. */
  readonly skipFirst: boolean;
  /** Length of sequences that was asked for; absent where the model's own was taken. */
  readonly sequenceLength?: number;
  /** Arrays that were fed to a graph, .npy files by the name of its input; absent where it was fed something else. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What ran, and what it cost. */
export interface EngineDescription {
  /** Version of NormLens. */
  readonly normlens: string;
  /** "onnxruntime" ..., or "none" where a capture was fitted. */
  readonly runtime: string;
  readonly device: string;
  /** Version of the runtime. */
  readonly version: string;
  /** Name of the GPU that computed, where the runtime tells it. */
  readonly hardware?: string;
  /** How the run came by this engine; absent where nothing ran. */
  readonly choice?: EngineChoice;
  /** The engine that failed, where this one had to take over. */
  readonly fallback?: EngineFallback;
  readonly seconds: Seconds;
  /** Highest resident set of the process. */
  readonly peakMemoryBytes: number;
}

/** Wall-clock seconds by phase. */
export interface Seconds {
  readonly open: number;
  readonly build: number;
  /** Choosing the engine: mostly its proof, where it was not remembered. */
  readonly engine?: number;
  readonly forward: number;
  readonly statistics: number;
  readonly fit: number;
  readonly total: number;
}

/** Which of the model's norm layers were seen. */
export interface Coverage {
  readonly found: number;
  readonly measured: number;
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
  /** Batch norms with stored statistics, which are no candidates and are not counted as found; absent where there are none. */
  readonly batchNorms?: readonly string[];
}

/** One norm layer: what went in, and how well an element-wise function would do in its place. */
export interface LayerResult {
  readonly name: string;
  readonly role: NormRole;
  readonly kind: NormKind;
  readonly depth: number;
  readonly eps: number;
  readonly axes: readonly number[];
  readonly channels: number;
  /** Rows measured: tokens, times heads for query and key norms, over all calls. */
  readonly tokens: number;
  /** Times the layer ran in one forward pass: more than 1 where blocks share parameters. */
  readonly calls: number;
  readonly input: InputStatistics;
  /** Least-squares line of x-hat on x. */
  readonly linear: { readonly slope: number; readonly r2: number };
  /** R² of the binned mean E[x-hat | x]: the most any element-wise function could explain. */
  readonly ceiling: { readonly r2: number };
  readonly fit: PooledFit;
  /** One alpha with a gain and an offset for every channel, after the affine: what replaces a trained norm. */
  readonly perChannel: { readonly alpha: number; readonly r2: number };
  readonly families: readonly FamilyFit[];
  /** Share of elements with |alpha * x| above 1, 1.5, 2, 2.5, 3, at `fit.alpha`. */
  readonly saturation: Readonly<Record<SaturationThreshold, number>>;
  readonly alphaTimesRms: number;
  /** 1 / input.std, the prior that the DyT paper observed in trained networks. */
  readonly inverseStd: number;
  readonly suggest: AlphaSuggestion;
  /** Where the layer is DyT, Derf or the like already: what training made of it. All other numbers are of the norm that could stand there. */
  readonly trained?: TrainedLayer;
  readonly curve: CurveData;
}

/** An element-wise layer as it was trained: gain * f(alpha * x + shift) + offset. */
export interface TrainedLayer {
  readonly curve: ReplacementCurve;
  /** The median where every channel has its own. */
  readonly alpha: number;
  readonly alphaMin: number;
  readonly alphaMax: number;
  /** Number of alphas: 1, or the number of channels. */
  readonly alphas: number;
  /** 0 where the layer has none; the median where every channel has its own. */
  readonly shift: number;
  /** Share of elements with |alpha * x| above 2, at `alpha`. */
  readonly saturation: number;
  /** The norm that the layer is compared with. */
  readonly against: StatisticalKind;
}

/** Thresholds on |alpha * x| that published saturation figures use. */
export const saturationThresholds = ["1", "1.5", "2", "2.5", "3"] as const;
export type SaturationThreshold = (typeof saturationThresholds)[number];

/** Levels at which the distribution of the input's elements is reported. */
export const quantileLevels = ["0.001", "0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99", "0.999"] as const;
export type QuantileLevel = (typeof quantileLevels)[number];

/** Statistics of a norm layer's input, over all finite elements of the measured rows. */
export interface InputStatistics {
  readonly mean: number;
  readonly std: number;
  readonly rms: number;
  readonly absMax: number;
  /** Fourth standardised moment: 3 for a Gaussian. */
  readonly kurtosis: number;
  /** Mean over tokens of a token's standard deviation over channels. */
  readonly tokenStdMean: number;
  /** Variance over tokens of a token's standard deviation. */
  readonly tokenStdVar: number;
  /** Variance over tokens of a token's mean. */
  readonly tokenMeanVar: number;
  readonly quantiles: Readonly<Record<QuantileLevel, number>>;
  /** The first position of every sequence apart; absent where a sequence has one row only. */
  readonly first?: { readonly std: number; readonly absMax: number };
  /** NaN and infinite elements, which all other numbers leave out. */
  readonly nonFinite: number;
}

/** Fit of gain * tanh(alpha * x) + offset to x-hat, the normalised value before the affine. */
export interface PooledFit {
  /**
   * "linear": x-hat is so close to a line that only gain * alpha is determined, and alpha is the largest that keeps to it;
   * "degenerate": the input does not vary; "no-data": no finite row was seen.
   */
  readonly status: "ok" | "linear" | "degenerate" | "no-data";
  readonly alpha: number;
  /** 95 % interval on alpha from resampling tokens. */
  readonly alphaLow: number;
  readonly alphaHigh: number;
  readonly gain: number;
  readonly offset: number;
  readonly r2: number;
  /** tanh(alpha * x) alone, without gain and offset. */
  readonly unitGain: { readonly alpha: number; readonly r2: number };
}

/** Curve families that are fitted beside tanh. */
export const familyNames = ["tanh", "erf", "isru", "arctan", "softsign", "hardtanh"] as const;
export type FamilyName = (typeof familyNames)[number];

/** Fit of gain * f(alpha * x + shift) + offset to x-hat. */
export interface FamilyFit {
  readonly name: FamilyName;
  readonly alpha: number;
  readonly shift: number;
  readonly gain: number;
  readonly offset: number;
  readonly r2: number;
}

/** Alphas to start from. */
export interface AlphaSuggestion {
  /** For training from scratch. */
  readonly scratch: number;
  /**
   * Where `scratch` comes from: published for this width, interpolated between published widths, that of the nearest published
   * width, or 0.5, which the paper found for everything but language models.
   */
  readonly scratchSource: "published" | "interpolated" | "nearest" | "default";
  /** For taking over this checkpoint: the per-channel alpha. */
  readonly convert: number;
}

/** What a page needs to draw a layer, small whatever the number of tokens. */
export interface CurveData {
  /** Occupied x bins, ascending: mean x, mean x-hat and number of elements of each. */
  readonly binnedMean: { readonly x: readonly number[]; readonly y: readonly number[]; readonly count: readonly number[] };
  /** Counts of (x, x-hat) on a regular grid; `counts` is row-major, `rows` along x-hat from below. */
  readonly density: {
    readonly xMin: number;
    readonly xMax: number;
    readonly yMin: number;
    readonly yMax: number;
    readonly columns: number;
    readonly rows: number;
    readonly counts: readonly number[];
  };
  /** Sampled elements; `token` and `channel` number the sampled row and the channel. */
  readonly points: {
    readonly x: readonly number[];
    readonly y: readonly number[];
    readonly token: readonly number[];
    readonly channel: readonly number[];
  };
  /**
   * The channels of `points`, ascending: weight and bias of the norm's affine (y = weight * x-hat + bias), and gamma and beta of the DyT
   * that replaces it at `perChannel.alpha`.
   */
  readonly affine: {
    readonly channel: readonly number[];
    readonly weight: readonly number[];
    readonly bias: readonly number[];
    readonly gamma: readonly number[];
    readonly beta: readonly number[];
  };
}

/** The layers of one role together. */
export interface GroupResult {
  readonly role: NormRole;
  readonly count: number;
  /** Of the per-channel alphas of the role's layers whose fit is determined; 0 where none is. */
  readonly alphaMedian: number;
  readonly alphaMin: number;
  readonly alphaMax: number;
  readonly suggest: AlphaSuggestion;
}

/** Something a user should know before using a number. */
export interface Warning {
  readonly code:
    /** The configuration leaves something open that had to be assumed. */
    | "assumption"
    /** The calibration input was cut, or holds much that the model does not know. */
    | "input"
    /** An engine failed while it ran, and another one took over. */
    | "fallback"
    | "random-input"
    | "near-linear"
    | "degenerate"
    | "not-covered"
    | "embedding-scale"
    | "post-norm"
    | "first-token-outliers"
    | "non-finite"
    | "few-tokens"
    /** The layers could not be tuned together, as was asked for. */
    | "not-tuned"
    | "vit-large"
    /** A trained alpha is 0 or negative. */
    | "alpha-sign"
    /** A trained alpha is one for every channel, where the layer is published with one number. */
    | "alpha-vector"
    /** Trained alphas are all the same, as at the start of training. */
    | "alpha-unmoved"
    /** A trained alpha is far from 1 / std of what goes in. */
    | "alpha-far"
    | "final-norm";
  readonly layer?: string;
  readonly message: string;
}
