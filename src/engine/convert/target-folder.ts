import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import { temporaryPrefix } from "../../shared/leftovers";
import { fileError } from "../checkpoint/file-error";

/** A folder that appears whole or not at all: it is filled under a temporary name beside, and takes its own name when it is finished. */
export class TargetFolder {
  private constructor(
    /** As the user named it. */
    readonly target: string,
    /** Where it is filled. */
    readonly path: string,
  ) {}

  /**
   * Starts a folder that will stand at `target`.
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

  /** Runs what fills the folder and puts it in its place; where that fails, nothing is left behind, and refusals name the target. */
  async filledBy<T>(fill: () => Promise<T>): Promise<T> {
    try {
      const filled = await fill();
      await refuseExisting(this.target);
      await rename(this.path, this.target);
      return filled;
    } catch (error) {
      await rm(this.path, { recursive: true, force: true });
      throw this.named(fileError("write", this.target, error));
    }
  }

  private named(error: unknown): unknown {
    if (!(error instanceof UserError)) return error;
    return new UserError(error.message.replaceAll(this.path, this.target), { cause: error });
  }
}

async function refuseExisting(target: string): Promise<void> {
  const existing = await stat(target).catch(() => undefined);
  if (existing) throw new UserError(`${target} exists already; name a folder that does not, or remove it first.`);
}
