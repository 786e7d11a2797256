import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { resultSchema, type CurveData, type LayerResult, type Result } from "../src/shared/result";

/**
 * A result as an analysis of a GPT-2-like model would write it, from rows of Student-t distributed input: the scale of
 * a row varies, so x-hat against x has the S-shape. The numbers are plausible and not the product of a fit.
 */
export function syntheticResult(blocks = 12, tokens = 24): Result {
  const names = [
    ...Array.from({ length: blocks }, (_, block) => [
      { name: `transformer.h.${block}.ln_1`, role: "attention" as const, depth: block },
      { name: `transformer.h.${block}.ln_2`, role: "ffn" as const, depth: block },
    ]).flat(),
    { name: "transformer.ln_f", role: "final" as const, depth: blocks },
  ];
  const layers = names.map(({ name, role, depth }, index) => syntheticLayer(name, role, depth, index, names.length, tokens));
  return {
    schema: resultSchema,
    model: {
      path: "gpt2",
      format: "safetensors",
      family: "gpt2",
      architecture: "GPT2LMHeadModel",
      width: 768,
      depth: blocks,
      parameters: 124_439_808,
      dtype: "F32",
      isLanguageModel: true,
    },
    input: {
      kind: "text",
      source: "bundled text",
      sequences: 2,
      tokens: 2048,
      sha256: "3f".repeat(32),
      seed: 0,
      skipFirst: false,
    },
    engine: {
      normlens: "0.1.0",
      runtime: "onnxruntime",
      device: "cpu",
      version: "0.1.0",
      hardware: "Test 9000",
      choice: { asked: { runtime: "auto", device: "auto" }, reason: "the fastest of 2 that work here", others: [{ runtime: "tfjs", device: "wasm", reason: "slower" }] },
      fallback: { runtime: "onnxruntime", device: "webgpu", reason: "the device was lost" },
      seconds: { open: 0.02, build: 0.05, engine: 0.01, forward: 1.31, statistics: 0.12, fit: 0.09, total: 1.62 },
      peakMemoryBytes: 412 * 2 ** 20,
    },
    coverage: { found: layers.length, measured: layers.length, missing: [] },
    layers,
    groups: (["attention", "ffn", "final"] as const).map((role) => {
      const alphas = layers.filter((layer) => layer.role === role).map(({ perChannel }) => perChannel.alpha).sort((a, b) => a - b);
      const median = alphas[Math.floor(alphas.length / 2)]!;
      return {
        role,
        count: alphas.length,
        alphaMedian: median,
        alphaMin: alphas[0]!,
        alphaMax: alphas.at(-1)!,
        suggest: { scratch: 1, scratchSource: "published", convert: median },
      };
    }),
    warnings: [
      { code: "embedding-scale", message: "With DyT a language model needs a learnable scale after its embedding, started at √768 ≈ 27.7; without it training hardly starts." },
      { code: "first-token-outliers", layer: "transformer.h.6.ln_1", message: "transformer.h.6.ln_1: the first position's standard deviation is 34 times that of the others; measure again with --skip-first." },
    ],
  };
}

function syntheticLayer(
  name: string,
  role: LayerResult["role"],
  depth: number,
  index: number,
  count: number,
  tokens: number,
): LayerResult {
  const channels = 64;
  const std = 0.16 * Math.pow(100, index / (count - 1)) * (role === "ffn" ? 1.6 : 1);
  // Rows of nearly equal scale make a line, rows of unequal scale an S.
  const spread = 0.04 + 0.5 * Math.sin((Math.PI * (index + 1)) / (count + 4));
  const normal = normalSource(1000 + index);
  const x: number[] = [];
  const y: number[] = [];
  for (let token = 0; token < tokens; token++) {
    const scale = std * Math.exp(spread * normal() - spread * spread);
    const row = Array.from({ length: channels }, () => scale * normal());
    const rms = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / channels);
    for (const value of row) {
      x.push(value);
      y.push(value / rms);
    }
  }
  const linear = spread < 0.12;
  const alpha = (linear ? 0.1 : 0.2 + spread) / std;
  const r2 = 1 - 0.28 * spread;
  const perChannelAlpha = alpha * 1.07;
  return {
    name,
    role,
    kind: "layernorm",
    depth,
    eps: 1e-5,
    axes: [-1],
    channels,
    tokens: 2048,
    calls: 1,
    input: {
      mean: 0.01 * std,
      std,
      rms: std,
      absMax: Math.max(...x.map(Math.abs)),
      kurtosis: 3 + 12 * spread,
      tokenStdMean: std * 0.95,
      tokenStdVar: (std * spread) ** 2,
      tokenMeanVar: (std * 0.02) ** 2,
      quantiles: {
        "0.001": -4 * std, "0.01": -2.7 * std, "0.05": -1.6 * std, "0.25": -0.6 * std, "0.5": 0,
        "0.75": 0.6 * std, "0.95": 1.6 * std, "0.99": 2.7 * std, "0.999": 4 * std,
      },
      first: { std: std * 3, absMax: 40 * std },
      nonFinite: 0,
    },
    linear: { slope: 0.9 / std, r2: r2 - 0.25 * spread },
    ceiling: { r2: r2 + 0.003 },
    fit: {
      status: linear ? "linear" : "ok",
      alpha,
      alphaLow: alpha * 0.97,
      alphaHigh: alpha * 1.03,
      gain: 0.98 / (alpha * std),
      offset: 0.004,
      r2,
      unitGain: { alpha: 1.4 / std, r2: 0.82 },
    },
    perChannel: { alpha: perChannelAlpha, r2: r2 - 0.01 },
    families: [
      { name: "tanh", alpha, shift: 0.01, gain: 0.98 / (alpha * std), offset: 0.004, r2 },
      { name: "erf", alpha: alpha * 0.83, shift: 0.01, gain: 0.97 / (alpha * std), offset: 0.004, r2: r2 - 0.001 },
    ],
    saturation: { "1": 0.2, "1.5": 0.1, "2": 0.03, "2.5": 0.01, "3": 0.0004 },
    alphaTimesRms: alpha * std,
    inverseStd: 1 / std,
    suggest: { scratch: 1, scratchSource: "published", convert: perChannelAlpha },
    curve: curveOf(x, y, channels),
  };
}

function curveOf(x: readonly number[], y: readonly number[], channels: number): CurveData {
  const columns = 64;
  const rows = 48;
  const xMax = Math.max(...x.map(Math.abs)) * 1.0001;
  const yMax = Math.max(...y.map(Math.abs)) * 1.0001;
  const counts = new Array<number>(columns * rows).fill(0);
  const bins = Array.from({ length: columns }, () => ({ x: 0, y: 0, count: 0 }));
  x.forEach((value, index) => {
    const column = Math.floor(((value + xMax) / (2 * xMax)) * columns);
    const row = Math.floor(((y[index]! + yMax) / (2 * yMax)) * rows);
    counts[row * columns + column]! += 1;
    const bin = bins[column]!;
    bin.x += value;
    bin.y += y[index]!;
    bin.count += 1;
  });
  const occupied = bins.filter(({ count }) => count > 0);
  const sampled = x.map((_, index) => index).filter((index) => index % 7 === 0);
  return {
    binnedMean: {
      x: occupied.map((bin) => bin.x / bin.count),
      y: occupied.map((bin) => bin.y / bin.count),
      count: occupied.map(({ count }) => count),
    },
    density: { xMin: -xMax, xMax, yMin: -yMax, yMax, columns, rows, counts },
    points: {
      x: sampled.map((index) => x[index]!),
      y: sampled.map((index) => y[index]!),
      token: sampled.map((index) => Math.floor(index / channels)),
      channel: sampled.map((index) => index % channels),
    },
    affine: {
      channel: Array.from({ length: channels }, (_, channel) => channel),
      weight: Array.from({ length: channels }, (_, channel) => 0.5 + channel / channels),
      bias: Array.from({ length: channels }, (_, channel) => 0.1 * Math.sin(channel)),
      gamma: Array.from({ length: channels }, (_, channel) => 1.4 * (0.5 + channel / channels)),
      beta: Array.from({ length: channels }, (_, channel) => 0.1 * Math.sin(channel)),
    },
  };
}

/** Normally distributed numbers by Box and Muller's transform. */
function normalSource(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
    return radius * Math.cos(2 * Math.PI * uniformFloat64(generator));
  };
}
