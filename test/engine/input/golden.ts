import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Picture } from "../../../src/engine/input/picture";

/** A golden file of this folder; `golden/make_golden.py` makes them all. */
export function golden(name: string): unknown {
  return JSON.parse(readFileSync(join(__dirname, "golden", name), "utf8"));
}

/** What make_golden.py writes of a picture. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: string;
}

export function pictureOf({ width, height, data }: Pixels): Picture {
  const bytes = bytesOf(data);
  return { width, height, channels: bytes.length === width * height ? 1 : 3, data: bytes };
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

/** Largest absolute difference, and how many elements differ at all. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): { largest: number; count: number } {
  if (a.length !== b.length) throw new Error(`lengths ${a.length} and ${b.length}`);
  let [largest, count] = [0, 0];
  for (let index = 0; index < a.length; index++) {
    const distance = Math.abs(a[index]! - b[index]!);
    if (distance > 0) count += 1;
    largest = Math.max(largest, distance);
  }
  return { largest, count };
}
