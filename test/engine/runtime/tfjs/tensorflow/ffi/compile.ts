import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** Says why libraries can't be compiled here, where they can't: they are made as on Linux. */
export const noCompiler = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0 ? undefined : "no C compiler for Linux";

const stub = join(import.meta.dirname, "stub.c");

/** Compiles the stub of libtensorflow with macros. @returns its path */
export function compileStub(path: string, ...macros: readonly string[]): string {
  return compile(path, ["-w", ...macros.map((macro) => `-D${macro}`), stub]);
}

/** Compiles a library from a line of C. @returns its path */
export function compileSource(path: string, source: string, ...options: readonly string[]): string {
  return compile(path, ["-w", "-x", "c", "-", "-x", "none", ...options], source);
}

function compile(path: string, options: readonly string[], input = ""): string {
  mkdirSync(dirname(path), { recursive: true });
  const { status, stderr } = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", path, ...options, "-ldl"], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`cc: ${stderr}`);
  return path;
}
