import { UserError } from "../../../../../shared/errors";
import type { TensorflowFunctions } from "./functions";
import type { Pointer } from "./koffi";

/** TF_Code of tensorflow/c/tf_status.h. */
const ok = 0;
const resourceExhausted = 8;

/** A TF_Status that is used for call after call. */
export interface Status {
  readonly pointer: Pointer;
  /**
   * Throws what the last call had to say where it failed, in one line.
   * @throws UserError where memory ran out.
   */
  check(): void;
}

/** A status that lives as long as the process. */
export function newStatus(functions: TensorflowFunctions): Status {
  const pointer = functions.TF_NewStatus();
  return {
    pointer,
    check: () => {
      const code = functions.TF_GetCode(pointer);
      if (code === ok) return;
      const message = oneLine(functions.TF_Message(pointer));
      functions.TF_SetStatus(pointer, ok, "");
      if (code === resourceExhausted) throw new UserError(`TensorFlow ran out of memory (${message}): choose shorter sequences, or another device.`);
      throw new Error(`TensorFlow: ${message}`);
    },
  };
}

/** Without the name of the function that TensorFlow wraps around an op, and without line breaks. */
function oneLine(message: string): string {
  return message.replace(/\{\{[^}]*\}\}/g, " ").replace(/\s+/g, " ").trim();
}
