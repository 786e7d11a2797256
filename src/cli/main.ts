import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { version } from "../../package.json";
import { CancelledError, messageOf, UserError } from "../shared/errors";
import { printable } from "../shared/format";
import { addAnalyze } from "./commands/analyze";
import { addConvert } from "./commands/convert";
import { addEngines } from "./commands/engines";
import { addExport } from "./commands/export";
import { addFit } from "./commands/fit";
import { addInspect } from "./commands/inspect";
import { addReplace } from "./commands/replace";

/** Exit codes: 0 done, 1 failed, 2 misused, 130 stopped. */
const failed = 1;
const misused = 2;
const stopped = 130;

async function main(): Promise<void> {
  const program = new Command("normlens")
    .description("See what the norm layers of a transformer do, and with which alphas Dynamic Tanh (DyT) could take their place.")
    .version(version)
    .exitOverride()
    .showHelpAfterError("Run with --help for what there is.");
  for (const add of [addAnalyze, addReplace, addConvert, addInspect, addFit, addExport, addEngines]) add(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeFor(error);
  }
}

function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misused;
  if (error instanceof CancelledError) {
    console.error(error.message);
    return stopped;
  }
  const text = error instanceof UserError ? error.message : `A defect in NormLens: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`;
  console.error(`${pc.red("error:")} ${error instanceof UserError ? bounded(printable(text)) : text}`);
  return failed;
}

/** Longest message that is printed whole: names and values in it come from files. */
const longestMessage = 2000;

function bounded(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage / 2)} … ${text.slice(-longestMessage / 2)}`;
}

// Where messages can't be read any more, the work goes on without them.
process.stderr.on("error", () => undefined);

// A reader that has seen enough, such as head, closes the pipe; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  console.error(`${pc.red("error:")} Can't write to standard output: ${error.message}.`);
  process.exit(failed);
});

void main();
