import type { EngineChoice, EngineFallback } from "./engines";
import { UserError } from "./errors";
import { normRoles, type NormKind } from "./norm";
import { damageOfReplacement } from "./replacement-shape";
import { quantileLevels, resultSchema, saturationThresholds, type GroupResult, type CurveData, type LayerResult, type PooledFit, type Result, type TrainedLayer } from "./result";
import { first, firstDifference, optionalDifference } from "./shape";

/*
 * A result that has every field, against which files are compared. The compiler keeps it complete.
 */

const suggestion = { scratch: 0, scratchSource: "default", convert: 0 } as const;

const layer: Required<Omit<LayerResult, "trained">> = {
  name: "",
  role: "other",
  kind: "layernorm",
  depth: 0,
  eps: 0,
  axes: [0],
  channels: 0,
  tokens: 0,
  calls: 0,
  input: {
    mean: 0,
    std: 0,
    rms: 0,
    absMax: 0,
    kurtosis: 0,
    tokenStdMean: 0,
    tokenStdVar: 0,
    tokenMeanVar: 0,
    quantiles: zeros(quantileLevels),
    nonFinite: 0,
  },
  linear: { slope: 0, r2: 0 },
  ceiling: { r2: 0 },
  fit: { status: "ok", alpha: 0, alphaLow: 0, alphaHigh: 0, gain: 0, offset: 0, r2: 0, unitGain: { alpha: 0, r2: 0 } },
  perChannel: { alpha: 0, r2: 0 },
  families: [{ name: "tanh", alpha: 0, shift: 0, gain: 0, offset: 0, r2: 0 }],
  saturation: zeros(saturationThresholds),
  alphaTimesRms: 0,
  inverseStd: 0,
  suggest: suggestion,
  curve: {
    binnedMean: { x: [0], y: [0], count: [0] },
    density: { xMin: 0, xMax: 0, yMin: 0, yMax: 0, columns: 0, rows: 0, counts: [0] },
    points: { x: [0], y: [0], token: [0], channel: [0] },
    affine: { channel: [0], weight: [0], bias: [0], gamma: [0], beta: [0] },
  },
};

const group: GroupResult = { role: "other", count: 0, alphaMedian: 0, alphaMin: 0, alphaMax: 0, suggest: suggestion };

const example: Result = {
  schema: "normlens/1",
  model: { path: "", format: "", family: "", architecture: "", width: 0, depth: 0, parameters: 0, dtype: "", isLanguageModel: false },
  input: { kind: "text", source: "", sequences: 0, tokens: 0, sha256: "", seed: 0, skipFirst: false },
  engine: {
    normlens: "",
    runtime: "",
    device: "",
    version: "",
    seconds: { open: 0, build: 0, forward: 0, statistics: 0, fit: 0, total: 0 },
    peakMemoryBytes: 0,
  },
  coverage: { found: 0, measured: 0, missing: [{ name: "", reason: "" }] },
  layers: [layer],
  groups: [group],
  warnings: [{ code: "input", message: "" }],
};

/**
 * Takes a value read from JSON for a result.
 * @param path names the file in refusals.
 * @throws UserError where it is none, is damaged, or is of another version.
 */
export function asResult(json: unknown, path: string): Result {
  const schema = typeof json === "object" && json !== null && "schema" in json ? json.schema : undefined;
  if (schema !== resultSchema) {
    const found = typeof schema === "string" && schema.startsWith("normlens") ? `a result of version "${schema.slice(0, 40)}"` : "no NormLens result";
    throw new UserError(`${path} is ${found}, where this version reads "${resultSchema}"; run the analysis again.`);
  }
  const damage = damageOf(json);
  if (damage !== undefined) throw new UserError(`${path} is a damaged result: ${damage}; run the analysis again.`);
  return json as Result;
}

/** What is wrong with a value that should be a result, in words; undefined where nothing is. */
export function damageOf(value: unknown): string | undefined {
  return firstDifference(example, value, "") ?? damagedOption(value as Result) ?? unknownWord(value as Result) ?? repeatedName(value as Result) ?? damagedCurve(value as Result);
}

const trained: TrainedLayer = { curve: "tanh", alpha: 0, alphaMin: 0, alphaMax: 0, alphas: 0, shift: 0, saturation: 0, against: "layernorm" };
const choice: EngineChoice = { asked: { runtime: "", device: "" }, reason: "", others: [{ runtime: "", device: "", reason: "" }] };
const fallback: EngineFallback = { runtime: "", device: "", reason: "" };

/** Fields that need not be there, but are to be what they should where they are. */
function damagedOption({ input: fed, engine, coverage, layers, warnings, replacement }: Result): string | undefined {
  return (
    optionalDifference(0, fed.sequenceLength, "input.sequenceLength") ??
    (fed.files === undefined || isRecordOfTexts(fed.files) ? undefined : "input.files is no list of files by name") ??
    optionalDifference("", engine.hardware, "engine.hardware") ??
    optionalDifference(0, engine.seconds.engine, "engine.seconds.engine") ??
    optionalDifference(choice, engine.choice, "engine.choice") ??
    optionalDifference(fallback, engine.fallback, "engine.fallback") ??
    optionalDifference([""], coverage.batchNorms, "coverage.batchNorms") ??
    first(layers, ({ input }, index) => optionalDifference({ std: 0, absMax: 0 }, input.first, `layers[${index}].input.first`)) ??
    first(layers, (layer, index) => optionalDifference(trained, layer.trained, `layers[${index}].trained`)) ??
    first(warnings, (warning, index) => optionalDifference("", warning.layer, `warnings[${index}].layer`)) ??
    damageOfReplacement(replacement)
  );
}

function isRecordOfTexts(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
}

const kinds: Readonly<Record<NormKind, true>> = { layernorm: true, rmsnorm: true, groupnorm: true, dyt: true, derf: true, isru: true };
const fitStatuses: Readonly<Record<PooledFit["status"], true>> = { ok: true, linear: true, degenerate: true, "no-data": true };

/** Words that choose how something is drawn or told. */
function unknownWord({ layers, groups }: Result): string | undefined {
  const unknown = (what: string, word: string) => `the ${what} ${JSON.stringify(word).slice(0, 40)} is not known`;
  return first([...layers, ...groups], ({ role }) => (normRoles.includes(role) ? undefined : unknown("role", role))) ??
    first(layers, ({ kind, fit }) => {
      if (!Object.hasOwn(kinds, kind)) return unknown("kind of norm", kind);
      return Object.hasOwn(fitStatuses, fit.status) ? undefined : unknown("status of a fit", fit.status);
    });
}

/** Layers are told apart by their names. */
function repeatedName({ layers }: Result): string | undefined {
  const names = new Set<string>();
  return first(layers, ({ name }) => {
    if (names.has(name)) return `two layers are named ${JSON.stringify(name).slice(0, 80)}`;
    names.add(name);
    return undefined;
  });
}

/** Cells along a side of the density grid; an analysis writes less than a tenth of it. */
const mostCells = 1024;

function damagedCurve({ layers }: Result): string | undefined {
  return first(layers, ({ curve }, index) => {
    const path = `layers[${index}].curve`;
    if (!isGrid(curve.density)) return `${path}.density is no grid`;
    for (const part of ["binnedMean", "points", "affine"] as const) {
      if (new Set(Object.values<readonly number[]>(curve[part]).map(({ length }) => length)).size > 1) return `the lists of ${path}.${part} are not equally long`;
    }
    return undefined;
  });
}

function isGrid({ xMin, xMax, yMin, yMax, columns, rows, counts }: CurveData["density"]): boolean {
  const isSide = (cells: number) => Number.isInteger(cells) && cells >= 0 && cells <= mostCells;
  return isSide(columns) && isSide(rows) && columns * rows === counts.length && xMin <= xMax && yMin <= yMax;
}

function zeros<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;
}
