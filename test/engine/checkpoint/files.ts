import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { UserError } from "../../../src/shared/errors";

/** A folder that is removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "normlens-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Writes a file into a temporary folder of its own; the path. */
export async function temporaryFile(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

/** A safetensors file with this header, however wrong, and `dataLength` bytes of data. */
export function safetensorsBytes(header: unknown, dataLength: number): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  return withLength(json.length, Buffer.concat([json, Buffer.alloc(dataLength)]));
}

/** A file that claims a header of `length` bytes. */
export function withLength(length: number | bigint, rest: Uint8Array): Buffer {
  const field = Buffer.alloc(8);
  field.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([field, rest]);
}

/** The sentence with which a call is refused; fails where it is not refused, or not by one line that ends in a full stop. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  const message = error instanceof Error ? error.message : "";
  expect(message).toMatch(/^[^\n]+; [^\n]+\.$/);
  return message;
}

/** Folder of checkpoints that others made, beside the project; most machines don't have it. */
export const fixtures = join(import.meta.dirname, "../../../../shared/fixtures");
export const haveFixtures = existsSync(fixtures);
