import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Path of a bundled calibration input in media/calibration: "text.txt" or "images".
 * The folder stands beside the project's sources and beside its built files alike, so it is looked for upwards from here.
 * @throws Error where the installation lacks it.
 */
export function bundledPath(name: "text.txt" | "images"): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const path = join(folder, "media", "calibration", name);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error(`media/calibration/${name} is missing from the installation`);
  }
}
