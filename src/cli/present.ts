import type { Progress } from "../shared/progress";
import type { EngineOutcome } from "./engine";
import { print, printJson, tableOptions } from "./output";
import { createProgressReporter } from "./progress";
import { renderReplacement } from "./replacement-table";
import { renderTable } from "./table";

/** How a run of the engine is shown. */
export interface Presentation {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Shows progress on standard error while the engine runs, then its result on standard output. */
export async function present({ json, quiet }: Presentation, run: (onProgress: (progress: Progress) => void) => Promise<EngineOutcome>): Promise<void> {
  const reporter = createProgressReporter({ stream: process.stderr, quiet: quiet === true });
  let outcome: EngineOutcome;
  try {
    outcome = await run((progress) => {
      reporter.report(progress);
    });
  } finally {
    reporter.stop();
  }
  if (json === true) return printJson(outcome.result);
  const written = outcome.written.map((path) => `Wrote ${path}\n`).join("");
  const { replacement } = outcome.result;
  const tables = [renderTable(outcome.result, tableOptions()), ...(replacement ? [renderReplacement(replacement, tableOptions())] : [])];
  await print([...tables, ...(written === "" ? [] : [written])].join("\n"));
}
