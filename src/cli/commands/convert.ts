import { Option, type Command } from "commander";
import type { Conversion, ConvertRequest } from "../../shared/conversion";
import { formatBytes, formatCounted, printable } from "../../shared/format";
import { normRoles, type NormRole } from "../../shared/norm";
import { namings, type Naming } from "../../shared/parameter-names";
import { addAnalysisOptions, analysisOf, type AnalysisOptions } from "../analysis-options";
import { convertOnce } from "../engine";
import { print, printJson } from "../output";
import { createProgressReporter } from "../progress";

interface Options extends AnalysisOptions {
  readonly out: string;
  readonly values?: string;
  readonly inOrder?: boolean;
  readonly only?: NormRole[];
  readonly layers?: readonly string[];
  readonly names: Naming;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `normlens convert CHECKPOINT --out FOLDER` */
export function addConvert(program: Command): void {
  const command = program
    .command("convert")
    .description("write a checkpoint anew, in a folder of its own, with DyT in the place of its norms")
    .argument("<checkpoint>", "folder, or file of any format that analyze reads")
    .requiredOption("--out <folder>", "folder to make")
    .option("--values <file>", "take these values (a .normlens.json with its .safetensors beside it, a .safetensors, or a .json of alphas by name) and run nothing")
    .addOption(new Option("--in-order", "fit layer after layer, each on what the converted layers before it hand on").conflicts("values"))
    .addOption(new Option("--only <role...>", "replace the norms of these roles alone").choices(normRoles))
    .option("--layers <name...>", "replace these norms alone")
    .addOption(new Option("--names <code>", "whose names the parameters get").choices(namings).default("official"));
  addAnalysisOptions(command)
    .option("--json", "print what was written as JSON and nothing else")
    .option("--quiet", "show no progress")
    .action(async (checkpoint: string, options: Options) => {
      const conversion = await converted(requestOf(checkpoint, options), options.quiet === true);
      if (options.json === true) await printJson(conversion);
      else await print(summary(conversion));
    });
}

async function converted(request: ConvertRequest, quiet: boolean): Promise<Conversion> {
  const reporter = createProgressReporter({ stream: process.stderr, quiet });
  try {
    return await convertOnce(request, (progress) => { reporter.report(progress); });
  } finally {
    reporter.stop();
  }
}

function requestOf(checkpoint: string, options: Options): ConvertRequest {
  const { out, values, inOrder, only, layers, names } = options;
  return {
    analysis: analysisOf(checkpoint, options),
    target: out,
    names,
    ...(values !== undefined && { values }),
    ...(inOrder === true && { inOrder: {} }),
    ...(only !== undefined && { roles: only }),
    ...(layers !== undefined && { layers }),
  };
}

function summary({ target, layers, kept, warnings, files, bytes }: Conversion): string {
  const remarks = warnings.map((warning) => `  ! ${printable(warning)}\n`);
  const stayed = kept.map(({ name, reason }) => `  ${printable(name)} stayed: ${printable(reason)}\n`);
  return `Replaced ${formatCounted(layers.length, "norm")}${kept.length === 0 ? "" : `, kept ${kept.length}`}; wrote ${printable(target)}: ${formatCounted(files.length, "file")}, ${formatBytes(bytes)} of tensors\n${stayed.join("")}${remarks.join("")}`;
}
