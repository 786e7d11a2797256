import { messageOf, UserError } from "../../shared/errors";

/** What tf2onnx is told, by the format that it reads. */
const options = { savedmodel: "--saved-model FOLDER", tfjs: "--tfjs FILE" } as const;

/**
 * Does work on a graph of TensorFlow, and says of what can't be done how ONNX is made of the model.
 * @throws UserError
 */
export function refusingGraph<T>(path: string, format: keyof typeof options, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path} can't be read, as ${messageOf(error)}; try its export as ONNX (python -m tf2onnx.convert ${options[format]} --output model.onnx).`, { cause: error });
  }
}
