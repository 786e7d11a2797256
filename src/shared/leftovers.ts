import { existsSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
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
  for (const folder of foldersWrittenTo(request)) removeLeftoversIn(folder, pid);
}

/**
 * Removes the temporary files and folders that a process left in a folder.
 * @param pid of that process
 */
export function removeLeftoversIn(folder: string, pid: number = process.pid): void {
  if (!existsSync(folder)) return;
  const names = readdirSync(folder).filter((name) => name.startsWith(temporaryPrefix(pid)));
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
}

function foldersWrittenTo(request: EngineRequest): string[] {
  const paths = [request.out, request.kind === "fit" ? undefined : request.taps];
  return [...new Set(paths.flatMap((path) => (path === undefined ? [] : [dirname(path), ...(existsSync(path) ? [dirname(realpathSync(path))] : [])])))];
}
