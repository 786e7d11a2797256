// The versions of Node that the command line supports beside the one that runs this: from npm, prepared once in a cache outside the project.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const versions = ["22.23.3", "24.18.1"];
const nodePackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "normlens");

/** The versions with the paths of their programs, which are there once they are prepared. */
export function nodeVersions() {
  return versions.map((version) => ({ version, path: programOf(version) }));
}

/** Installs what the cache lacks. Throws one sentence that says what is missing where that fails. */
export function prepareNodeVersions(say = console.log) {
  for (const version of versions.filter((version) => !existsSync(programOf(version)))) prepare(version, say);
}

function prepare(version, say) {
  const home = homeOf(version);
  say(`Preparing Node ${version} from npm, once, in ${home} ...`);
  mkdirSync(cache, { recursive: true });
  // Under another name until it is whole: a half-made one is never used.
  const making = mkdtempSync(`${home}-`);
  try {
    writeFileSync(join(making, "package.json"), "{}\n");
    const { status } = spawnSync("npm", ["install", "--ignore-scripts", `${nodePackage}@${version}`, "--no-audit", "--no-fund", "--loglevel=silent"], { cwd: making, stdio: "ignore", shell: process.platform === "win32" });
    if (status !== 0) throw new Error(`Node ${version} can't be prepared: npm has no ${nodePackage}@${version} here, or its registry can't be reached.`);
    rmSync(home, { recursive: true, force: true });
    renameSync(making, home);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

function homeOf(version) {
  return join(cache, `node-${version}`);
}

function programOf(version) {
  return join(homeOf(version), "node_modules", nodePackage, "bin", process.platform === "win32" ? "node.exe" : "node");
}
