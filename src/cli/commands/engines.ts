import type { Command } from "commander";
import { engineStatuses } from "../../engine/runtime/runtimes";
import { print, printJson } from "../output";

/** `normlens engines` */
export function addEngines(program: Command): void {
  program
    .command("engines")
    .description("tell what this machine can run, and why not")
    .option("--json", "print JSON and nothing else")
    .action(async (options: { readonly json?: boolean }) => {
      const statuses = await engineStatuses();
      if (options.json === true) return printJson(statuses);
      const lines = statuses.map(({ runtime, device, version, reason }) => `${runtime} on ${device}: ${version === undefined ? `not available (${reason ?? "unknown reason"})` : `version ${version}`}`);
      await print(`${lines.join("\n")}\n`);
    });
}
