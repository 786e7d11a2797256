import { UserError } from "../../shared/errors";
import type { CheckpointFormat, TensorReference } from "./checkpoint";
import { describeCheckpoint } from "./describe-checkpoint";
import { FileWindow } from "./file-window";
import { findFlaxArrays } from "./flax-arrays";
import type { FlaxArray } from "./flax-arrays";
import { isFlaxKernel, nameOfFlaxKeys } from "./flax-names";
import { foreignContent, tellingBytes } from "./foreign-formats";
import { beginningOf, withInputFile } from "./input-file";
import { outputsFirst } from "./permuted";
import { quote } from "./quote";

/** A tree of parameters of JAX that flax.serialization wrote (flax_model.msgpack). Tensors go by the names and the order of axes that PyTorch gives them. */
export const flaxFile: CheckpointFormat = {
  name: "flax",

  /** By its content, or by its name where the content is damaged: then opening it says so. */
  async recognises(path) {
    const beginning = await beginningOf(path, 6);
    return beginsLikeFlax(beginning) || (path.endsWith(".msgpack") && beginsLikeMap(beginning));
  },

  async open(path) {
    const beginning = await beginningOf(path, tellingBytes);
    if (!beginsLikeMap(beginning)) throw new UserError(`${path} is ${foreignContent(beginning) ?? notFlax}.`);
    return withInputFile(path, async (file) => {
      const arrays = await findFlaxArrays(new FileWindow(file, { start: 0, end: file.size }, path));
      const tensors = arrays.map(asPyTorchHasIt);
      checkNames(tensors, path);
      return describeCheckpoint(flaxFile.name, path, tensors);
    });
  },
};

const notFlax = "called like a Flax checkpoint, but is none; check that it is the right file or get it again";

function asPyTorchHasIt({ keys, array }: FlaxArray): TensorReference {
  const tensor = { name: nameOfFlaxKeys(keys), ...array };
  return isFlaxKernel(keys) ? outputsFirst(tensor) : tensor;
}

function checkNames(tensors: readonly TensorReference[], path: string): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name)) throw new UserError(`${path} holds two tensors that PyTorch would call ${quote(name)}; check that it is the checkpoint of one model.`);
    seen.add(name);
  }
}

/** A map of few entries, of which the first has a short name: what every tree of parameters begins with. */
function beginsLikeFlax(bytes: Uint8Array): boolean {
  const [map = 0, key = 0] = bytes;
  const name = Buffer.from(bytes.subarray(2, 2 + (key & 0x1f))).toString("latin1");
  return map > 0x80 && map < 0x90 && key > 0xa2 && key < 0xc0 && /^[\w.]{3,}$/.test(name);
}

function beginsLikeMap([first]: Uint8Array): boolean {
  return first !== undefined && ((first >= 0x80 && first < 0x90) || first === 0xde || first === 0xdf);
}
