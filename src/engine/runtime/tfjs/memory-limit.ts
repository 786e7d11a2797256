import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../../shared/errors";
import type { TfjsBackend } from "./backend";

/**
 * Refuses to go on where tensors take, or with some more bytes would take, more than the backend can hold.
 * @throws UserError
 */
export function refuseBeyondLimit({ device, memoryLimit }: TfjsBackend, more = 0): void {
  const bytes = tf.memory().numBytes + more;
  if (memoryLimit === undefined || bytes <= memoryLimit) return;
  throw new UserError(
    `This part of the model needs ${gibibytes(bytes)} GiB, and tfjs on ${device} has ${gibibytes(memoryLimit)} GiB; choose another runtime, or a shorter sequence length.`,
  );
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
