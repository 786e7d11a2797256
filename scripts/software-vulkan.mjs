// Finds a Vulkan that computes on the processor: SwiftShader, which Chromium brings with a loader of its own.
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { findChromium } from "./chromium.mjs";

/** Chromium's program is often a script that lies elsewhere. */
const usualFolders = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/usr/lib64/chromium-browser", "/opt/google/chrome"];

/** The environment variables under which a process finds it; they must be set before it starts. Undefined where there is none. */
export function softwareVulkan() {
  const chromium = findChromium();
  const folders = [...(chromium === undefined ? [] : [dirname(realpathSync(chromium))]), ...usualFolders];
  const folder = folders.find((candidate) => ["libvulkan.so.1", "libvk_swiftshader.so", "vk_swiftshader_icd.json"].every((file) => existsSync(join(candidate, file))));
  if (folder === undefined) return undefined;
  return {
    LD_LIBRARY_PATH: [folder, process.env["LD_LIBRARY_PATH"] ?? ""].filter((path) => path !== "").join(delimiter),
    VK_ICD_FILENAMES: join(folder, "vk_swiftshader_icd.json"),
  };
}
