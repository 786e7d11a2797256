import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** The built command line. */
export const program = join(import.meta.dirname, "../../dist/cli.js");

/** How a run of the command line ended. */
export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a user would. */
export function normlens(...args: readonly string[]): Promise<Run> {
  return ended(start(args));
}

/** Where a run differs from the others. */
export interface Surroundings {
  /** Environment variables beside those of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Program of another Node than the one that runs the tests. */
  readonly node?: string;
}

/** Starts the command line. */
export function start(args: readonly string[], { env, node = process.execPath }: Surroundings = {}): ChildProcess {
  return spawn(node, [program, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1", ...env } });
}

/** Waits for the end. */
export async function ended(child: ChildProcess): Promise<Run> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8");
    child[name]?.on("data", (text: string) => {
      output[name] += text;
    });
  }
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...output };
}
