import { resultSuffix } from "./result";

/** The file with alpha, weight and bias of every layer that stands beside a result file: run.normlens.safetensors beside run.normlens.json, or run.json. */
export function weightsPathOf(resultPath: string): string {
  const ending = [resultSuffix, ".json"].find((one) => resultPath.endsWith(one)) ?? "";
  return `${resultPath.slice(0, resultPath.length - ending.length)}.normlens.safetensors`;
}
