// Real VS Code without a desktop: the server of npm's code-server, prepared once in a cache outside the project, and started on loopback.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * By version of code-server: the Node that it needs, whatever runs this, and the native packages that it loads at start or for its file
 * watcher; the others (Kerberos, SQLite ...) are never asked for. The oldest has the VS Code that package.json names as the least.
 */
const servers = {
  "4.139.1": { node: "24", addons: ["@vscode/spdlog", "@vscode/native-watchdog", "@vscode/deviceid", "@vscode/fs-copyfile", "@parcel/watcher", "node-pty"] },
  // Its own ripgrep would be fetched from elsewhere while it is installed.
  "4.100.3": { node: "20", addons: ["@vscode/spdlog", "native-watchdog", "@vscode/deviceid", "@parcel/watcher"], ripgrep: "@vscode/ripgrep-universal@1.18.0" },
};
const serverVersion = process.env["NORMLENS_VSCODE_SERVER"] ?? "4.139.1";
const nodePackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const silent = ["--no-audit", "--no-fund", "--loglevel=error"];

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "normlens");
const home = join(cache, `vscode-server-${serverVersion}`);

/**
 * Folder of the server and path of the Node that runs it; installs both where the cache has none.
 * Throws one sentence that says what is missing where that fails.
 */
export function prepareServer(say = console.log) {
  const server = join(home, "node_modules/code-server/lib/vscode");
  const node = join(home, "node_modules", nodePackage, "bin/node");
  if (existsSync(home)) return { server, node };
  const release = servers[serverVersion];
  if (release === undefined) throw new Error(`NORMLENS_VSCODE_SERVER names "${serverVersion}": it can be ${Object.keys(servers).join(" or ")}.`);
  say(`Preparing VS Code's server ${serverVersion} from npm, once, in ${home} ...`);
  mkdirSync(cache, { recursive: true });
  // Under another name until it is whole: a half-made one is never used.
  const making = mkdtempSync(`${home}-`);
  try {
    writeFileSync(join(making, "package.json"), "{}\n");
    npm(making, "install", "--ignore-scripts", `code-server@${serverVersion}`, `${nodePackage}@${release.node}`);
    const inside = join(making, "node_modules/code-server/lib/vscode");
    npm(inside, "install", "--omit=dev", "--ignore-scripts");
    npm(join(inside, "extensions"), "install", "--omit=dev", "--ignore-scripts");
    npm(inside, "rebuild", ...release.addons);
    if (release.ripgrep !== undefined) {
      npm(making, "install", "--ignore-scripts", release.ripgrep);
      cpSync(join(making, "node_modules/@vscode/ripgrep-universal/bin", `${process.platform}-${process.arch}`), join(inside, "node_modules/@vscode/ripgrep/bin"), { recursive: true });
    }
    renameSync(making, home);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return { server, node };
}

function npm(cwd, ...args) {
  const { status, error } = spawnSync("npm", [...args, ...silent], { cwd, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, FORCE_NODE_VERSION: "20" } });
  if (error !== undefined || status !== 0) {
    throw new Error(`VS Code's server can't be prepared, since "npm ${args.join(" ")}" failed: it needs the npm registry, python3, make and g++ (apt-get install python3 make g++).`);
  }
}

/**
 * Starts the server on a free port of loopback. `folder` keeps its user data and extensions; `restricted` asks for trust in every folder,
 * as VS Code does, where otherwise all are trusted; `env` is added to what its extensions see.
 * @returns its address, its process, and a way to end it.
 */
export async function startServer(folder, { restricted = false, env = {} } = {}) {
  const { server, node } = prepareServer();
  const child = spawn(
    node,
    [
      join(server, "out/server-main.js"),
      ...["--host", "127.0.0.1", "--port", "0", "--without-connection-token", "--accept-server-license-terms", "--telemetry-level", "off"],
      ...["--enable-smoke-test-driver", "--server-data-dir", folder],
      ...(restricted ? [] : ["--disable-workspace-trust"]),
    ],
    // A group of its own, so that it ends with everything that it has started.
    { stdio: ["ignore", "pipe", "pipe"], detached: true, env: { ...process.env, ...env } },
  );
  const kill = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  process.once("exit", kill);
  let output = "";
  const port = await new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      const found = /(?:listening on|available at)\D*(?:127\.0\.0\.1:)?(\d{2,5})/i.exec(output);
      if (found !== null) resolve(Number(found[1]));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => { reject(new Error(`VS Code's server ended with code ${code}: ${output.slice(-2000)}`)); });
  });
  return {
    authority: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/`,
    pid: child.pid,
    stop: async () => {
      const ended = new Promise((resolve) => { child.once("exit", resolve); });
      kill();
      process.off("exit", kill);
      if (child.exitCode === null && child.signalCode === null) await ended;
    },
  };
}

/** Installs a packed extension into the server whose data is in `folder`. */
export function installExtension(folder, vsix) {
  const { server, node } = prepareServer();
  const { status, stdout, stderr } = spawnSync(node, [join(server, "out/server-main.js"), "--accept-server-license-terms", "--server-data-dir", folder, "--install-extension", vsix], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${vsix} can't be installed: ${stdout}${stderr}`);
}
