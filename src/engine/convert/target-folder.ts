import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import { temporaryPrefix } from "../../shared/leftovers";
import { fileError } from "../checkpoint/file-error";
import { breathe } from "../forward";

/** A folder that appears whole or not at all: it is filled under a temporary name beside, and takes its own name when it is finished. */
export class TargetFolder {
  private constructor(
    /** As the user named it. */
    readonly target: string,
    /** Where it is filled. */
    readonly path: string,
  ) {}

  /**
   * Starts a folder that will stand at `target`, where nothing stands yet but perhaps an empty folder.
   * @throws UserError where something stands there already, or no folder can be made there.
   */
  static async create(target: string): Promise<TargetFolder> {
    await refuseExisting(target);
    const whole = resolve(target);
    const path = join(dirname(whole), `${temporaryPrefix()}${randomBytes(8).toString("hex")}-${basename(whole)}`);
    try {
      await mkdir(path);
    } catch (error) {
      throw fileError("write", target, error);
    }
    return new TargetFolder(target, path);
  }

  /**
   * Runs what fills the folder and puts it in its place; where that fails or is stopped, nothing is left behind, and refusals name the target.
   * @throws CancelledError where it was stopped, at the last moment too.
   */
  async filledBy<T>(fill: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let made = this.path;
    try {
      const filled = await fill();
      await breathe(signal);
      if (await refuseExisting(this.target)) await rmdir(this.target);
      await rename(this.path, this.target);
      made = this.target;
      await breathe(signal);
      return filled;
    } catch (error) {
      await rm(made, { recursive: true, force: true });
      throw this.named(fileError("write", this.target, error));
    }
  }

  private named(error: unknown): unknown {
    if (!(error instanceof UserError)) return error;
    return new UserError(error.message.replaceAll(this.path, this.target), { cause: error });
  }
}

/** @returns whether an empty folder stands there. */
async function refuseExisting(target: string): Promise<boolean> {
  const existing = await lstat(target).catch(() => undefined);
  if (existing === undefined) return false;
  const isEmpty = existing.isDirectory() && (await readdir(target)).length === 0;
  if (!isEmpty) throw new UserError(`${target} exists already and is no empty folder; name one that is empty or does not exist.`);
  return true;
}
