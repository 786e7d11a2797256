// Installs what the tests need beside npm's packages, where this machine lets it: Debian's Chromium, a compiler for VS Code's server, that server, and other versions of Node.
// What can't be had is said in one line; the tests that need it fail then.
import { spawnSync } from "node:child_process";
import { findChromium } from "./chromium.mjs";
import { prepareNodeVersions } from "./node-versions.mjs";
import { prepareLibtensorflow } from "./libtensorflow.mjs";
import { prepareServer } from "./vscode-server.mjs";

const has = (program, ...args) => spawnSync(program, args).status === 0;

const missing = [
  ...(findChromium() === undefined ? ["chromium"] : []),
  ...(has("python3", "--version") ? [] : ["python3"]),
  ...(has("make", "--version") ? [] : ["make"]),
  ...(has("g++", "--version") ? [] : ["g++"]),
];
if (missing.length > 0) installWithApt(missing);

for (const prepare of [prepareServer, prepareNodeVersions]) {
  try {
    prepare();
  } catch (error) {
    console.error(error.message);
  }
}

prepareLibtensorflow();

function installWithApt(packages) {
  const mayInstall = process.getuid?.() === 0 && has("apt-get", "--version");
  if (mayInstall && apt("update") && apt("install", "-y", "--no-install-recommends", ...packages)) return;
  console.error(`Some tests will fail for want of ${packages.join(", ")}: apt-get install ${packages.join(" ")}, or what your system calls them.`);
}

function apt(...args) {
  console.log(`apt-get ${args.join(" ")} ...`);
  return spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } }).status === 0;
}
