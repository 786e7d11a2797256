import { readFile } from "node:fs/promises";
import { Option, type Command } from "commander";
import { OutputFile } from "../../engine/checkpoint/output-file";
import { keepInputs } from "../../engine/outputs";
import { readResult } from "../../engine/result-file";
import { exportFormats } from "../../export/exports";
import { UserError } from "../../shared/errors";
import { intents, type Intent } from "../../shared/intent";
import { weightsPathOf } from "../../shared/weights-path";
import { print } from "../output";

interface Options {
  readonly format: string;
  readonly intent: Intent;
  readonly out?: string;
}

/** `normlens export RESULT --format FORMAT` */
export function addExport(program: Command): void {
  const formats = exportFormats.map((format) => format.name);
  program
    .command("export")
    .description("hand the alphas of a result on to scripts, sheets and pages")
    .argument("<result>", "a .normlens.json file")
    .addOption(new Option("--format <format>", "what to write").choices(formats).makeOptionMandatory())
    .addOption(new Option("--intent <intent>", "what the alphas of one-alpha-a-role formats are for").choices(intents).default("scratch"))
    .option("--out <file>", "where to write it (default: standard output)")
    .addHelpText("after", `\nFormats:\n${exportFormats.map(({ name, description }) => `  ${name.padEnd(14)} ${description}`).join("\n")}`)
    .action(async (path: string, options: Options) => {
      const format = exportFormats.find(({ name }) => name === options.format)!;
      const weightsPath = weightsPathOf(path);
      if (options.out !== undefined) await keepInputs([options.out], [path, weightsPath]);
      const weights = format.needsWeights ? await readFile(weightsPath).catch(() => undefined) : undefined;
      const exported = format.export(await readResult(path), { weightsPath, intent: options.intent, ...(weights && { weights }) });
      if (options.out !== undefined) return write(options.out, exported);
      if (typeof exported !== "string" && process.stdout.isTTY) throw new UserError(`The ${format.name} export is binary; give --out FILE.`);
      await print(exported);
    });
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  const file = await OutputFile.create(path);
  await file.write(typeof content === "string" ? new TextEncoder().encode(content) : content, 0);
  await file.finish();
}
