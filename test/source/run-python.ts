import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Whether python3 is there. */
export const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** What Python says when it runs texts against packages that are made up: nothing where all run. */
export function pythonErrors(texts: readonly string[]): string[] {
  const { stdout, stderr } = spawnSync("python3", [join(import.meta.dirname, "run_texts.py")], { input: JSON.stringify(texts), encoding: "utf8" });
  if (stdout === "") return [stderr];
  const errors = JSON.parse(stdout) as (string | null)[];
  return errors.flatMap((error, index) => (error === null ? [] : [`${error} in\n${texts[index]!}`]));
}
