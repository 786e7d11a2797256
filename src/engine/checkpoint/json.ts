import { UserError } from "../../shared/errors";
import { withInputFile } from "./input-file";

/** An object read from JSON; its values are unknown until they are checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Deepest nesting of a header or an index: they need 3. */
const deepestNesting = 16;

/** Largest JSON file in bytes: an index of 500,000 tensors takes about 60 MB. */
const largestFile = 256_000_000;

/** Whether a value from JSON is an object: neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file whose top level is an object.
 * @throws UserError where it can't be read, is larger than 256 MB, or is not such JSON.
 */
export async function readJsonFile(path: string, check: (bytes: Uint8Array, what: string) => JsonObject = parseJson): Promise<JsonObject> {
  return withInputFile(path, async (file) => {
    if (file.size > largestFile) {
      throw new UserError(`${path} has ${file.size} bytes, more than the ${largestFile} that are read as JSON; check that it is the right file.`);
    }
    const bytes = new Uint8Array(file.size);
    await file.read(bytes, 0);
    return check(bytes, path);
  });
}

/**
 * Parses UTF-8 JSON whose top level is an object.
 * @param what names the source in refusals: a path, or `The header of PATH`.
 * @throws UserError where it is not.
 */
export function parseJson(bytes: Uint8Array, what: string): JsonObject {
  const value = parse(bytes, what);
  if (!isJsonObject(value)) throw new UserError(`${what} is JSON but not an object; get the file again.`);
  return value;
}

/**
 * As {@link parseJson}, for JSON that may be hostile: nesting is bounded, and a key that stands twice is refused,
 * since readers disagree on which of the two counts.
 * @throws UserError
 */
export function parseUntrustedJson(bytes: Uint8Array, what: string): JsonObject {
  const { keys, depth } = scan(bytes);
  if (depth > deepestNesting) throw new UserError(`${what} is nested more than ${deepestNesting} levels deep; get the file again.`);
  const value = parseJson(bytes, what);
  if (countKeys(value) !== keys) throw new UserError(`${what} lists the same name twice; get the file again or write it anew.`);
  return value;
}

function parse(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const wrong = cause instanceof SyntaxError ? "is not valid JSON" : "is not valid UTF-8 text";
    throw new UserError(`${what} ${wrong}; get the file again.`, { cause });
  }
}

/** Colons outside strings, one for each key, and the deepest nesting. Means nothing where the bytes are not JSON. */
function scan(bytes: Uint8Array): { keys: number; depth: number } {
  const [quotationMark, backslash, colon] = [0x22, 0x5c, 0x3a];
  const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
  let keys = 0;
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (inString) {
      if (byte === backslash) index++;
      else if (byte === quotationMark) inString = false;
    } else if (byte === quotationMark) inString = true;
    else if (byte === colon) keys++;
    else if (byte === openBrace || byte === openBracket) deepest = Math.max(deepest, ++depth);
    else if (byte === closeBrace || byte === closeBracket) depth--;
  }
  return { keys, depth: deepest };
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const children: readonly unknown[] = Object.values(value);
  let keys = Array.isArray(value) ? 0 : children.length;
  for (const child of children) keys += countKeys(child);
  return keys;
}
