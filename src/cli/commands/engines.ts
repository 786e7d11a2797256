import type { Command } from "commander";
import { createLogUpdate } from "log-update";
import type { Progress } from "../../shared/progress";
import { surveyOnce } from "../engine";
import { addEngineOptions, engineOptionsOf, type EngineOptions } from "../engine-options";
import { print, printJson, tableOptions } from "../output";
import { renderEngines } from "../table";

/** `normlens engines` */
export function addEngines(program: Command): void {
  addEngineOptions(program.command("engines").description("try every engine on this machine, and tell which work, how fast, and what the others lack"))
    .option("--json", "print JSON and nothing else")
    .action(async (options: EngineOptions & { readonly json?: boolean }) => {
      const line = process.stderr.isTTY && options.json !== true ? createLogUpdate(process.stderr) : undefined;
      const onProgress = ({ stage }: Progress): void => { line?.(`Trying ${stage ?? "engines"} ...`); };
      const statuses = await surveyOnce(engineOptionsOf(options), onProgress).finally(() => { line?.clear(); });
      if (options.json === true) return printJson(statuses);
      await print(renderEngines(statuses, tableOptions()));
    });
}
