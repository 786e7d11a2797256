import { UserError } from "../../shared/errors";
import type { CheckpointFormat } from "./checkpoint";
import { foreignContent, foreignName, tellingBytes } from "./foreign-formats";
import { beginningOf } from "./input-file";
import { torchLegacy } from "./torch-legacy";
import { torchZip } from "./torch-zip";

const containers: readonly CheckpointFormat[] = [torchZip, torchLegacy];

/** A file that torch.save wrote, of any age. */
export const torchFile: CheckpointFormat = {
  name: torchZip.name,

  /** A part of a distributed checkpoint is several such files one after another, and nothing by itself. */
  async recognises(path) {
    return !path.endsWith(".distcp") && (await containerOf(path)) !== undefined;
  },

  async open(path) {
    const container = await containerOf(path);
    if (container) return container.open(path);
    const foreign = foreignContent(await beginningOf(path, tellingBytes)) ?? foreignName(path) ?? "no file that torch.save wrote; check that it is the right file or get it again";
    throw new UserError(`${path} is ${foreign}.`);
  },
};

async function containerOf(path: string): Promise<CheckpointFormat | undefined> {
  for (const container of containers) {
    if (await container.recognises(path)) return container;
  }
  return undefined;
}
