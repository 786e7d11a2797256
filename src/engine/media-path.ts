import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Path of something that comes with NormLens, under media/. The folder stands beside the project's sources and beside its built files alike, so
 * it is looked for upwards from here.
 * @throws Error where the installation lacks it.
 */
export function mediaPath(...parts: readonly string[]): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const path = join(folder, "media", ...parts);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error(`media/${parts.join("/")} is missing from the installation`);
  }
}
