import { version } from "../../package.json";
import { groupByRole, suggestAlphas } from "../analysis/suggestion";
import { warningsFor } from "../analysis/warnings";
import {
  resultSchema,
  type Coverage,
  type EngineDescription,
  type InputDescription,
  type LayerResult,
  type ModelDescription,
  type Result,
  type Seconds,
  type Warning,
} from "../shared/result";
import type { MeasuredNorm } from "./norm-measurements";
import type { LayerValues } from "./replace/in-order";

/** A result, and the measurements it was made from, which hold the per-channel values too. */
export interface Analysis {
  readonly result: Result;
  readonly measured: readonly MeasuredNorm[];
  /** Values for layers that are better than `measured` has them, where what replacing norms costs was measured. */
  readonly values?: LayerValues;
}

/** What a result says of the runtime. */
export type RuntimeDescription = Pick<EngineDescription, "runtime" | "device" | "version" | "hardware" | "choice" | "fallback">;

/** What a result is composed of. */
export interface Findings {
  readonly model: ModelDescription;
  readonly input: InputDescription;
  readonly engine: RuntimeDescription;
  readonly seconds: Seconds;
  readonly coverage: Coverage;
  readonly measured: readonly MeasuredNorm[];
  /** Warnings that do not follow from the numbers. */
  readonly remarks: readonly Warning[];
}

/** Adds suggestions, groups and warnings to what was measured. */
export function composeResult({ model, input, engine, seconds, coverage, measured, remarks }: Findings): Analysis {
  const layers = measured.map(({ layer, calls }): LayerResult => ({ ...layer, calls, suggest: suggestAlphas(model, layer.role, layer.perChannel.alpha) }));
  const result: Result = {
    schema: resultSchema,
    model,
    input,
    engine: { normlens: version, ...engine, seconds, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 },
    coverage,
    layers,
    groups: groupByRole(layers, model),
    warnings: [...remarks, ...nothingSkipped(input, layers), ...warningsFor({ model, input, coverage, layers })],
  };
  return { result, measured };
}

/** Leaving first positions out was asked for, but sequences of one position, or unknown ones, have none. */
function nothingSkipped({ skipFirst }: InputDescription, layers: readonly LayerResult[]): Warning[] {
  if (!skipFirst || layers.some((layer) => layer.input.first !== undefined)) return [];
  return [{ code: "input", message: "No first position was left out, since no sequence of more than one position is known: give longer sequences, or rows_per_sequence in a capture." }];
}
