/** What stands for a number that is not there. */
export const noNumber = "–";

/**
 * A number for people: `digits` significant digits, written out between 1e-4 and 1e6 and with an exponent outside;
 * a dash for what is not finite (JSON stores that as null).
 */
export function formatNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return noNumber;
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (size < 1e-4 || size >= 1e6) return rounded.toExponential(digits - 1);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return rounded.toFixed(decimals);
}

/** A share of 1 as a percentage: "4.6 %". */
export function formatShare(value: number): string {
  if (!Number.isFinite(value)) return noNumber;
  const percent = value * 100;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return `${percent.toFixed(1)} %`;
}

/** A coefficient of determination, to four decimals as alphas are compared by the third. */
export function formatR2(value: number): string {
  return Number.isFinite(value) ? value.toFixed(4) : noNumber;
}

/** A whole number with its thousands set apart: "2,048". */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",") : noNumber;
}

/** A count with its noun, which takes an s in the plural: "1 tensor", "2,048 tokens". */
export function formatCounted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A sentence as a part of another: without its capital and its full stop. */
export function asClause(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1, -1)}`;
}

/** A large number in words that are read at a glance: "124 M". */
export function formatLarge(value: number): string {
  const unit = [
    { size: 1e12, name: "T" },
    { size: 1e9, name: "B" },
    { size: 1e6, name: "M" },
    { size: 1e3, name: "k" },
  ].find(({ size }) => value >= size);
  return unit === undefined ? formatCount(value) : `${formatNumber(value / unit.size)} ${unit.name}`;
}

/** A size in bytes, in binary units: "474 MiB". */
export function formatBytes(bytes: number): string {
  const unit = [
    { size: 2 ** 40, name: "TiB" },
    { size: 2 ** 30, name: "GiB" },
    { size: 2 ** 20, name: "MiB" },
    { size: 2 ** 10, name: "KiB" },
  ].find(({ size }) => bytes >= size);
  return unit === undefined ? `${formatCount(bytes)} B` : `${formatNumber(bytes / unit.size)} ${unit.name}`;
}

/** A duration: "0.42 s", "1 min 5 s". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return noNumber;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(0)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Text from a file, safe to print: control and formatting characters, which could steer a terminal, are replaced. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD");
}

/** What ran the model: "onnxruntime on webgpu (NVIDIA H100)", or that nothing did, since a capture was fitted. */
export function describeRuntime({ runtime, device, hardware }: { readonly runtime: string; readonly device: string; readonly hardware?: string }): string {
  if (runtime === "none") return "no forward pass";
  return `${printable(runtime)} on ${printable(device)}${hardware === undefined ? "" : ` (${printable(hardware)})`}`;
}
