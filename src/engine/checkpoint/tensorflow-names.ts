/** TensorFlow's words for parameters, and PyTorch's. */
const parameterNames: Readonly<Record<string, string>> = { kernel: "weight", embeddings: "weight", gamma: "weight", beta: "bias" };

/** Whether a variable goes by the names of transformers' TensorFlow classes, all of which begin with TF: group of a layer, class, modules, parameter. */
export function isTransformersPath(path: readonly string[]): boolean {
  return path.length > 2 && path[1]!.startsWith("tf") && path.at(-1)!.endsWith(":0");
}

/** What a variable is to its layer ("kernel"): the last part of its path, without TensorFlow's number of an output. */
export function parameterOf(path: readonly string[]): string {
  return path.at(-1)!.replace(/:0$/, "");
}

/**
 * The name that transformers' PyTorch model has for a variable of its TensorFlow model. `_._` stands for the step into a list of modules; what stands before `___` only makes a name unique.
 * @param path the group in the file, then the variable's own path: its first part, the class of the model, says nothing of the place in it.
 */
export function nameOfTensorFlowPath(path: readonly string[]): string {
  const variable = [...path.slice(1, -1), parameterOf(path)];
  const inModel = variable.length > 1 ? variable.slice(1) : variable;
  const parts = inModel.map((part) => part.replace(/^.*___/, "")).flatMap((part) => part.split("_._"));
  const last = parts.at(-1)!;
  return [...parts.slice(0, -1), Object.hasOwn(parameterNames, last) ? parameterNames[last]! : last].join(".");
}
