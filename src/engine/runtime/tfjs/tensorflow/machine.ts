import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname } from "node:path";

/** What the search for TensorFlow asks of a machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** Highest version of Node-API. */
  readonly nodeApi: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly workingFolder: string;
  /** Folder of the package @tensorflow/tfjs-node-gpu that this program came with. */
  readonly ownPackage: string | undefined;
  exists(path: string): boolean;
  isFile(path: string): boolean;
  /** Names in a folder; none where there is no folder. */
  list(folder: string): readonly string[];
  /** The path without links; itself where nothing is there. */
  realPath(path: string): string;
}

/** This machine as it is. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    nodeApi: Number(process.versions["napi"]),
    environment: process.env,
    home: homedir(),
    workingFolder: process.cwd(),
    ownPackage: ownPackage(),
    exists: existsSync,
    isFile: (path) => orElse(false, () => statSync(path).isFile()),
    list: (folder) => orElse([], () => readdirSync(folder)),
    realPath: (path) => orElse(path, () => realpathSync(path)),
  };
}

function ownPackage(): string | undefined {
  return orElse(undefined, () => dirname(createRequire(__filename).resolve("@tensorflow/tfjs-node-gpu/package.json")));
}

function orElse<Value>(fallback: Value, read: () => Value): Value {
  try {
    return read();
  } catch {
    return fallback;
  }
}
