import { InvalidArgumentError, type Command } from "commander";
import type { InputChoice, ReplaceRequest } from "../../shared/request";
import { addAnalysisOptions, analysisOf, type AnalysisOptions } from "../analysis-options";
import { runEngine } from "../engine";
import { wholeNumber } from "../options";
import { present } from "../present";

interface Options extends AnalysisOptions {
  readonly heldOut?: string;
  readonly heldOutTokens: number;
  readonly layers?: readonly string[];
  readonly values?: string;
  readonly budget?: number;
  readonly tune?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `normlens replace CHECKPOINT` */
export function addReplace(program: Command): void {
  const command = program
    .command("replace")
    .description("measure what it costs to put DyT in the place of norms: one layer, one role, all of them, by several methods")
    .argument("<checkpoint>", "folder, or file of any format that analyze reads");
  addAnalysisOptions(command)
    .option("--held-out <path>", "measure on this input, of the kind that is fed (default: a part of what is fed)")
    .option("--held-out-tokens <n>", "most tokens to measure on; --max-tokens says on how many values are fitted", wholeNumber(2, 10_000_000), 1024)
    .option("--layers <name...>", "replace these layers alone")
    .option("--values <file>", "measure these values too (.safetensors, a result, or .json of alphas by name)")
    .option("--budget <cost>", "tell how many layers can be replaced for at most this cost", cost)
    .option("--tune <steps>", "tune the values of all layers together, by gradients (60 steps help, 240 help more; each costs about 5 forward passes over 1024 tokens)", wholeNumber(1, 100_000))
    .option("--out <file>", "write the result, and the values that cost least beside it")
    .option("--json", "print the result as JSON and nothing else")
    .option("--quiet", "show no progress")
    .action(async (checkpoint: string, options: Options) => {
      await present(options, (onProgress) => runEngine(requestOf(checkpoint, options), onProgress));
    });
}

function requestOf(checkpoint: string, options: Options): ReplaceRequest {
  const { heldOut, heldOutTokens, layers, values, budget, tune, out } = options;
  const analysis = analysisOf(checkpoint, options);
  return {
    ...analysis,
    kind: "replace",
    heldOutTokens,
    ...(heldOut !== undefined && { heldOut: heldOutOf(analysis.input, heldOut) }),
    ...(layers !== undefined && { layers }),
    ...(values !== undefined && { values }),
    ...(budget !== undefined && { budget }),
    ...(tune !== undefined && { tune }),
    ...(out !== undefined && { out }),
  };
}

/** Held-out input is of the kind that is fed; text where that is not said. */
function heldOutOf(input: InputChoice, path: string): InputChoice {
  if (input.kind === "default" || input.kind === "random") return { kind: "text", path };
  if (input.kind === "tensors") throw new InvalidArgumentError("--held-out can't be given with --input; a part of the arrays is measured on.");
  return { kind: input.kind, path };
}

function cost(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("A number of 0 or more is expected.");
}
