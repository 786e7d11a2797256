import { createHash, randomBytes } from "node:crypto";
import { appendFile, truncate } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { tensorCopier } from "../../../src/engine/convert/copy-tensor";
import { CancelledError } from "../../../src/shared/errors";
import { refusal, temporaryFile } from "../checkpoint/files";

const piece = 2 ** 18;
/** Two and a half pieces, behind something else. */
const content = randomBytes(3 * piece);
const place = { name: "x", dtype: "U8", shape: [2.5 * piece], offset: piece / 2, length: 2.5 * piece } as const;
const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("a tensor of several pieces", () => {
  test("is copied byte for byte, in order", async () => {
    const file = await temporaryFile("x", content);
    const target = new Uint8Array(place.length);
    const seen: number[] = [];
    let bytes = 0;
    const copy = tensorCopier({ signal: new AbortController().signal, onBytes: (count) => { bytes += count; } });
    await copy({ ...place, file }, async (bytesOfPiece, offset) => {
      // What was read meanwhile must not be what is taken here.
      await new Promise((resolve) => setTimeout(resolve, 20));
      target.set(bytesOfPiece, offset);
      seen.push(offset);
    });
    expect(hash(target)).toBe(hash(content.subarray(place.offset)));
    expect(seen).toEqual([0, piece, 2 * piece]);
    expect(bytes).toBe(place.length);
  });

  test("of no bytes is nothing to copy", async () => {
    const file = await temporaryFile("x", content);
    const copy = tensorCopier({ signal: new AbortController().signal, onBytes: () => undefined });
    await copy({ ...place, file, shape: [0], length: 0 }, () => Promise.reject(new Error("There is no piece.")));
  });

  test("whose file has become shorter is refused", async () => {
    const file = await temporaryFile("x", content);
    await truncate(file, 2 * piece);
    const copy = tensorCopier({ signal: new AbortController().signal, onBytes: () => undefined });
    expect(await refusal(copy({ ...place, file }, () => Promise.resolve()))).toContain("sooner than it should");
    await appendFile(file, content.subarray(2 * piece));
    await copy({ ...place, file }, () => Promise.resolve());
  });

  test("ends where it is stopped, and where a piece can't be taken", async () => {
    const file = await temporaryFile("x", content);
    const stop = new AbortController();
    const copy = tensorCopier({ signal: stop.signal, onBytes: () => { stop.abort(); } });
    let taken = 0;
    const take = (): Promise<void> => { taken += 1; return Promise.resolve(); };
    await expect(copy({ ...place, file }, take)).rejects.toBeInstanceOf(CancelledError);
    expect(taken).toBe(1);
    const failing = tensorCopier({ signal: new AbortController().signal, onBytes: () => undefined });
    await expect(failing({ ...place, file }, () => Promise.reject(new Error("full")))).rejects.toThrow("full");
  });
});
