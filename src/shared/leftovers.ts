import { existsSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { EngineRequest } from "./request";

/** How the names of a process's temporary files begin. */
export function temporaryPrefix(pid: number = process.pid): string {
  return `.normlens-${pid}-`;
}

/**
 * Removes the temporary files that a process which is about to end, or has ended, left beside the outputs of a request.
 * @param pid of that process
 */
export function removeLeftovers(request: EngineRequest, pid: number = process.pid): void {
  const folders = foldersWrittenTo(request).filter((folder) => existsSync(folder));
  const paths = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  for (const path of paths) if (basename(path).startsWith(temporaryPrefix(pid))) rmSync(path, { force: true });
}

function foldersWrittenTo(request: EngineRequest): string[] {
  const paths = [request.out, request.kind === "fit" ? undefined : request.taps];
  return [...new Set(paths.flatMap((path) => (path === undefined ? [] : [dirname(path), ...(existsSync(path) ? [dirname(realpathSync(path))] : [])])))];
}
