import { InvalidArgumentError } from "commander";

/** Parser of a whole number within bounds, for commander. */
export function wholeNumber(lowest: number, highest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    const bounds = highest === Number.MAX_SAFE_INTEGER ? `of ${lowest} or more` : `from ${lowest} to ${highest}`;
    throw new InvalidArgumentError(`A whole number ${bounds} is expected.`);
  };
}
