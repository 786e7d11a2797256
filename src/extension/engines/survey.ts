import type { LogOutputChannel } from "vscode";
import { engineLabel, type EngineStatus } from "../../shared/engines";
import { formatNumber } from "../../shared/format";
import type { SurveyRequest } from "../../shared/request";
import type { EngineProcess } from "../run/engine-process";

/** The part of {@link EngineProcess} that tries engines. */
export type SurveyingEngine = Pick<EngineProcess, "survey" | "stop" | "end">;

/**
 * Has engines tried by a process that ends with it, and logs what came of it.
 * @param onTrying told the name of each engine before it is tried.
 * @throws CancelledError where the process is stopped, UserError or Error as {@link EngineProcess.survey} does.
 */
export async function survey(engine: SurveyingEngine, request: SurveyRequest, log: Pick<LogOutputChannel, "info">, onTrying: (label: string) => void): Promise<readonly EngineStatus[]> {
  try {
    const statuses = await engine.survey(request, ({ stage }) => { if (stage !== undefined) onTrying(stage); });
    for (const status of statuses) log.info(statusLine(status));
    return statuses;
  } finally {
    await engine.end();
  }
}

function statusLine(status: EngineStatus): string {
  return `${engineLabel(status)}: ${status.available ? factsOf(status).join(", ") : (status.reason ?? "does not work")}`;
}

/** What an engine that works showed: its speed, what computes, its version. */
export function factsOf({ gigaflops, hardware, version }: EngineStatus): string[] {
  return [gigaflops === undefined ? undefined : `${formatNumber(gigaflops)} GFLOP/s`, hardware, version === undefined ? undefined : `v${version}`].filter((fact) => fact !== undefined);
}
