import type { Command } from "commander";
import { inspectCheckpoint } from "../../engine/inspect";
import { print, printJson, tableOptions } from "../output";
import { renderInspection } from "../table";

/** `normlens inspect CHECKPOINT` */
export function addInspect(program: Command): void {
  program
    .command("inspect")
    .description("tell family, norms, sizes and dtypes from header and configuration alone")
    .argument("<checkpoint>", "folder, or file of any format that analyze reads")
    .option("--json", "print JSON and nothing else")
    .action(async (checkpoint: string, options: { readonly json?: boolean }) => {
      const inspection = await inspectCheckpoint(checkpoint);
      if (options.json === true) await printJson(inspection);
      else await print(renderInspection(inspection, tableOptions()));
    });
}
