/** One of the two stacks of blocks of a model whose decoder sees what an encoder gives. */
export type Stack = "encoder" | "decoder";

/** Name under which the hidden state that enters a block of a stack is handed on. */
export function stackState(stack: Stack, index: number): string {
  return `${stack}_${index}`;
}

/** Name of what the encoder gives to the decoder. */
export const encoded = "encoded";
