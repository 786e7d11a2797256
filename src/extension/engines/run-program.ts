import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CancelledError } from "../../shared/errors";

/** How a program is run. */
export interface ProgramOptions {
  readonly cwd: string;
  /** Added to this process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes what it prints, on either of its outputs. */
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs a program to its end, and hands back its exit code. */
export type RunProgram = (program: string, args: readonly string[], options: ProgramOptions) => Promise<number>;

/**
 * Runs a program in a process group of its own, which ends with it, with this process, and when `signal` is aborted.
 * @throws CancelledError once nothing of it runs; Error where it can't be started, or is ended by somebody else.
 */
export const runProgram: RunProgram = (program, args, { cwd, env, onLine, signal }) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) { reject(new CancelledError()); return; }
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const kill = () => { if (child.pid !== undefined) killGroup(child.pid); };
    const settle = (finish: () => void) => {
      signal.removeEventListener("abort", kill);
      process.off("exit", kill);
      finish();
    };
    signal.addEventListener("abort", kill);
    process.once("exit", kill);
    for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on("line", onLine);
    child.once("error", (error) => { settle(() => { reject(error); }); });
    child.once("close", (code, killer) => {
      settle(() => {
        if (signal.aborted) reject(new CancelledError());
        else if (code === null) reject(new Error(`${program} was ended by ${String(killer)}.`));
        else resolve(code);
      });
    });
  });

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
