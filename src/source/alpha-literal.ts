/** Significant digits of an alpha in source. */
const digits = 4;

/** An alpha as source has it: "0.3241". */
export function alphaLiteral(alpha: number): string {
  return String(Number(alpha.toPrecision(digits)));
}
