import { dtypeBits } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import type { TensorReference } from "./checkpoint";
import type { Encoding } from "./encoding";
import { float4Group } from "./float4";
import { quote } from "./quote";
import { spanOf } from "./strides";

/** More than any model has experts in a block. */
const mostParts = 4096;

/**
 * The tensors that are stacked along the first axis of a tensor, NAME[0], NAME[1] ...
 * @throws UserError where they are too many, or quantised in blocks that reach from one into the next.
 */
export function unstacked(stack: TensorReference): TensorReference[] {
  const [count = 0, ...shape] = stack.shape;
  if (count > mostParts) throw new UserError(`${stack.file}: tensor ${quote(stack.name)} stacks ${count} tensors, more than the ${mostParts} that are read; check that it is a checkpoint.`);
  return Array.from({ length: count }, (_, index) => ({ ...stack, name: `${stack.name}[${index}]`, shape, ...placeOf(stack, shape, index) }));
}

/**
 * A tensor's rows in `count` equal parts, as where the weights of several layers of one size stand one after another.
 * @throws UserError as {@link unstacked} does.
 */
export function parted(tensor: TensorReference, count: number): TensorReference[] {
  const [rows = 0, ...shape] = tensor.shape;
  const { encoding } = tensor;
  const whole = { ...tensor, shape: [count, rows / count, ...shape] };
  if (encoding?.kind !== "strided") return unstacked(whole);
  const outer = encoding.strides[0]! * (rows / count);
  return unstacked({ ...whole, encoding: { kind: "strided", strides: [outer, ...encoding.strides] } });
}

function placeOf(stack: TensorReference, shape: readonly number[], index: number): Pick<TensorReference, "offset" | "length" | "encoding"> {
  if (stack.encoding?.kind === "strided") {
    const [outer, ...strides] = stack.encoding.strides;
    const bytes = dtypeBits[stack.dtype] / 8;
    return { offset: stack.offset + index * outer! * bytes, length: spanOf(shape, strides) * bytes, encoding: { kind: "strided", strides } };
  }
  const length = stack.length / stack.shape[0]!;
  if (!Number.isInteger(length)) throw new UserError(`${stack.file}: tensor ${quote(stack.name)} is cut into blocks that reach from one of its parts into the next; get the file again.`);
  return { offset: stack.offset + index * length, length, ...(stack.encoding?.kind === "float4" && { encoding: withExponentsAfter(stack.encoding, (2 * index * length) / float4Group) }) };
}

function withExponentsAfter({ kind, exponents }: Extract<Encoding, { kind: "float4" }>, count: number): Encoding {
  return { kind, exponents: { ...exponents, offset: exponents.offset + count } };
}
