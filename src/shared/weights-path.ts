import { resultSuffix } from "./result";

/** The file with alpha, weight and bias of every layer that stands beside a result file. */
export function weightsPathOf(resultPath: string): string {
  const stem = resultPath.endsWith(resultSuffix) ? resultPath.slice(0, -resultSuffix.length) : resultPath;
  return `${stem}.normlens.safetensors`;
}
