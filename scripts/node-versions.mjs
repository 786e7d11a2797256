// The versions of Node that the command line supports beside the one that runs this, as packages of npm.
import { join } from "node:path";
import { cachedPackage, fetchPackage } from "./npm-cache.mjs";

const versions = ["22.23.3", "24.18.1"];
const nodePackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const program = join("bin", process.platform === "win32" ? "node.exe" : "node");

/** The versions with the paths of their programs, which are there once they are prepared. */
export function nodeVersions() {
  return versions.map((version) => ({ version, path: join(cachedPackage(nodePackage, version), program) }));
}

/** Fetches what the cache lacks. Throws one sentence where that fails. */
export function prepareNodeVersions(say = console.log) {
  for (const version of versions) fetchPackage(nodePackage, version, say);
}
