import { existsSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { EngineWork } from "./messages";
import type { EngineRequest } from "./request";

/** How the names of a process's temporary files begin. */
export function temporaryPrefix(pid: number = process.pid): string {
  return `.normlens-${pid}-`;
}

/**
 * Removes the temporary files and folders that a process which is about to end, or has ended, left beside what it was to write.
 * @param pid of that process
 */
export function removeLeftovers(work: EngineWork, pid: number = process.pid): void {
  for (const folder of foldersOf(work)) removeLeftoversIn(folder, pid);
}

function removeLeftoversIn(folder: string, pid: number): void {
  if (!existsSync(folder)) return;
  const names = readdirSync(folder).filter((name) => name.startsWith(temporaryPrefix(pid)));
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
}

function foldersOf(work: EngineWork): string[] {
  if (work.type === "survey") return [];
  return work.type === "convert" ? [dirname(resolve(work.request.target))] : foldersWrittenTo(work.request);
}

function foldersWrittenTo(request: EngineRequest): string[] {
  const paths = [request.out, request.kind === "fit" ? undefined : request.taps];
  return [...new Set(paths.flatMap((path) => (path === undefined ? [] : [dirname(path), ...(existsSync(path) ? [dirname(realpathSync(path))] : [])])))];
}
