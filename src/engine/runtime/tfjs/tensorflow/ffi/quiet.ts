import { closeSync, openSync } from "node:fs";
import type { Koffi, Library } from "./koffi";

/** Abseil's releases with a log, by which its names are mangled. */
const abseilReleases = [20230125, 20230802, 20240116, 20240722, 20250127, 20250512, 20250814, 20260107];
/** absl::LogSeverityAtLeast::kFatal. */
const fatal = 3;
const errorOutput = 2;

/**
 * Keeps off the error output what newer TensorFlows log once they are loaded: their log is Abseil's, which reads no environment variable. It lies in the
 * library with the framework.
 */
export function silenceLog(framework: Library): void {
  for (const release of abseilReleases) {
    try {
      framework.func(`void _ZN4absl12lts_${release}14SetMinLogLevelENS0_18LogSeverityAtLeastE(int level)`)(fatal);
    } catch {
      // Not this release.
    }
  }
}

/** Runs with the process's error output shut: what a library logs while it is loaded can't be kept away otherwise. */
export function quietly<Result>(koffi: Koffi, run: () => Result): Result {
  if (process.platform === "win32") return run();
  const system = koffi.load(null);
  const duplicate = system.func("int dup(int file)") as (file: number) => number;
  // Node's closeSync minds files that it has not opened.
  const close = system.func("int close(int file)");
  const duplicateOnto = system.func("int dup2(int file, int onto)");
  const before = duplicate(errorOutput);
  const nowhere = openSync("/dev/null", "w");
  try {
    duplicateOnto(nowhere, errorOutput);
    return run();
  } finally {
    duplicateOnto(before, errorOutput);
    closeSync(nowhere);
    close(before);
  }
}
