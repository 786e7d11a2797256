// Packages of npm that the project doesn't install, since they are for another platform or another purpose: kept in a cache outside the project.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "normlens");

/** Folder of a package in the cache, whether it is there or not. */
export function cachedPackage(name, version) {
  return join(homeOf(name, version), "node_modules", name);
}

/**
 * The same folder, once the package is in it: it is installed where the cache lacks it, whatever platform it is for, and no script of it runs.
 * Throws one sentence where that fails.
 */
export function fetchPackage(name, version, say = console.log) {
  const folder = cachedPackage(name, version);
  if (existsSync(folder)) return folder;
  const home = homeOf(name, version);
  say(`Fetching ${name} ${version} from npm, once, into ${home} ...`);
  mkdirSync(cache, { recursive: true });
  // Under another name until it is whole: a half-made one is never used.
  const making = mkdtempSync(`${home}-`);
  try {
    writeFileSync(join(making, "package.json"), "{}\n");
    const { status } = spawnSync("npm", ["install", "--ignore-scripts", "--force", `${name}@${version}`, "--no-audit", "--no-fund", "--loglevel=silent"], { cwd: making, stdio: "ignore", shell: process.platform === "win32" });
    if (status !== 0) throw new Error(`${name} ${version} can't be fetched: the npm registry lacks it or can't be reached.`);
    rmSync(home, { recursive: true, force: true });
    renameSync(making, home);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}

function homeOf(name, version) {
  return join(cache, `${name.replace("@", "").replace("/", "-")}-${version}`);
}
