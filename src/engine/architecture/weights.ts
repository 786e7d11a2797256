import { computableDtypes } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import type { Checkpoint, TensorReference } from "../checkpoint/checkpoint";
import { outSize, type Linear } from "../graph/builder";

/** Any size: the shape check lets it pass. */
export const any = -1;

/** The tensors of a checkpoint, looked up by name and checked as they are taken. */
export class Weights {
  constructor(
    readonly checkpoint: Checkpoint,
    /** Put before every name that is asked for: "transformer.", "_orig_mod.transformer." ... */
    readonly prefix = "",
  ) {}

  /** The same tensors under the prefix that stands before `name` in the checkpoint. */
  within(name: string): Weights {
    const found = [...this.checkpoint.tensors.keys()].find((known) => known === name || known.endsWith(`.${name}`));
    if (found === undefined) throw this.missing(name);
    return new Weights(this.checkpoint, found.slice(0, found.length - name.length));
  }

  /** The same tensors under a longer prefix. */
  at(path: string): Weights {
    return new Weights(this.checkpoint, `${this.prefix}${path}.`);
  }

  /** The same tensors under the prefix without its last part, where that is `part`: a head stands outside the model proper. */
  outside(part: string): Weights {
    const prefix = `.${this.prefix}`.endsWith(`.${part}`) ? this.prefix.slice(0, -part.length) : this.prefix;
    return new Weights(this.checkpoint, prefix);
  }

  /** The same tensors under this prefix, or the nearest around it, under which there is a tensor of that name; under this one where there is none. */
  around(name: string): Weights {
    const parts = this.prefix.split(".").slice(0, -1);
    const prefixes = [...parts.keys()].map((count) => parts.slice(0, count).map((part) => `${part}.`).join(""));
    const found = [this.prefix, ...prefixes.toReversed()].find((prefix) => this.checkpoint.tensors.has(prefix + name));
    return new Weights(this.checkpoint, found ?? this.prefix);
  }

  /** Whether there is a tensor of that name. */
  has(name: string): boolean {
    return this.checkpoint.tensors.has(this.prefix + name);
  }

  /** Whether there is a norm of that name, or an element-wise layer in its place. */
  hasNorm(name: string): boolean {
    return this.has(`${name}.weight`) || this.has(`${name}.alpha`);
  }

  /** The tensor of that name, whatever it holds. @throws UserError if it is missing. */
  stored(name: string): TensorReference {
    const reference = this.checkpoint.tensors.get(this.prefix + name);
    if (!reference) throw this.missing(name);
    return reference;
  }

  /** The tensor of that name. @throws UserError if it is missing, of another shape, or of a dtype that can't be computed with. */
  tensor(name: string, shape: readonly number[]): TensorReference {
    const reference = this.stored(name);
    const fits = reference.shape.length === shape.length && shape.every((size, axis) => size === any || size === reference.shape[axis]);
    if (!fits) {
      const expected = shape.map((size) => (size === any ? "*" : size)).join(", ");
      throw new UserError(
        `${this.checkpoint.path}: tensor ${reference.name} has shape [${reference.shape.join(", ")}] where the configuration asks for [${expected}]; check that config.json belongs to these weights.`,
      );
    }
    if (reference.shape.includes(0)) throw new UserError(`${this.checkpoint.path}: tensor ${reference.name} is empty; the checkpoint is incomplete, so get it again.`);
    if (!computableDtypes.includes(reference.dtype)) {
      throw new UserError(
        `${this.checkpoint.path}: tensor ${reference.name} is stored as ${reference.dtype}, which NormLens can't compute with; convert the checkpoint to BF16, F16 or F32.`,
      );
    }
    return reference;
  }

  /** The tensor of that name, or undefined where the model has none. */
  optional(name: string, shape: readonly number[]): TensorReference | undefined {
    return this.has(name) ? this.tensor(name, shape) : undefined;
  }

  /** A torch.nn.Linear: `name.weight` [out, in] and, where there is one, `name.bias` [out]. */
  linear(name: string, inSize: number, outSize: number): Linear {
    return {
      layout: "out-in",
      weight: this.tensor(`${name}.weight`, [outSize, inSize]),
      bias: this.optional(`${name}.bias`, [outSize]),
    };
  }

  /** The two dense layers of a feed-forward: `up` to a size of its own, and `down` from it, both torch.nn.Linear. */
  feedForward(up: string, down: string, width: number): { up: Linear; down: Linear } {
    const first = this.linear(up, width, any);
    return { up: first, down: this.linear(down, outSize(first), width) };
  }

  /** Gain and offset of a norm layer, under the names of today or those of early TensorFlow conversions (gamma, beta). */
  norm(name: string, channels: number): { name: string; weight: TensorReference; bias: TensorReference | undefined } {
    const old = !this.has(`${name}.weight`) && this.has(`${name}.gamma`);
    return {
      name: this.prefix + name,
      weight: this.tensor(`${name}.${old ? "gamma" : "weight"}`, [channels]),
      bias: this.optional(`${name}.${old ? "beta" : "bias"}`, [channels]),
    };
  }

  /**
   * How many blocks there are, told by a tensor that each of them has.
   * @param stated number of blocks in the configuration, if it states one.
   * @throws UserError where a block is missing, or all of them, or the configuration states another number.
   */
  blocks(nameIn: (index: number | string) => string, stated?: number): number {
    const pattern = new RegExp(`^${escapeRegExp(this.prefix)}${escapeRegExp(nameIn("#")).replace("#", "(\\d+)")}$`);
    const indices = [...this.checkpoint.tensors.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
    const count = Math.max(stated ?? 1, ...indices.map((index) => index + 1));
    for (let index = 0; index < Math.min(count, indices.length + 1); index += 1) if (!this.has(nameIn(index))) throw this.missing(nameIn(index));
    if (stated === undefined || stated === count) return count;
    throw new UserError(`${this.checkpoint.path}: the checkpoint has ${count} blocks where the configuration states ${stated}; check that config.json belongs to these weights.`);
  }

  private missing(name: string): UserError {
    const foreign = [...(this.checkpoint.foreign ?? [])].find(([known]) => known === this.prefix + name || (this.prefix === "" && known.endsWith(`.${name}`)));
    if (foreign) return new UserError(`${this.checkpoint.path}: tensor ${foreign[0]} ${foreign[1]}.`);
    return new UserError(
      `${this.checkpoint.path}: tensor ${this.prefix}${name} is missing; the checkpoint is incomplete, or its configuration belongs to another model.`,
    );
  }
}

/** Whether a checkpoint holds tensors of all these names, under one prefix. */
export function holdsTogether({ tensors }: Checkpoint, first: string, ...others: readonly string[]): boolean {
  const prefixes = [...tensors.keys()].filter((known) => known === first || known.endsWith(`.${first}`)).map((known) => known.slice(0, known.length - first.length));
  return prefixes.some((prefix) => others.every((name) => tensors.has(prefix + name)));
}

/** Whether a checkpoint holds a tensor of that name, under any prefix. */
export function holds(checkpoint: Checkpoint, name: string): boolean {
  return [...checkpoint.tensors.keys()].some((known) => known === name || known.endsWith(`.${name}`));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
