import { mediaPath } from "../media-path";

/**
 * Path of a bundled calibration input in media/calibration: "text.txt" or "images".
 * @throws Error where the installation lacks it.
 */
export function bundledPath(name: "text.txt" | "images"): string {
  return mediaPath("calibration", name);
}
