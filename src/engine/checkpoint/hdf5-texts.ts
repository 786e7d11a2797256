import type { ByteCursor } from "./byte-cursor";
import { decodeUtf8 } from "./byte-cursor";
import type { FileWindow } from "./file-window";
import { densePlaces, readDense } from "./hdf5-dense";
import { messageTypes } from "./hdf5-header";
import type { Message } from "./hdf5-header";
import { readElementType, readShape } from "./hdf5-messages";

/** Place of an attribute's number in the heap, in a record of the index of names. */
const attributePlace = 0;

/**
 * The attributes of an object that are a single text, by their names. All others are passed over.
 * @throws UserError where they are damaged.
 */
export async function textsOf(messages: readonly Message[], window: FileWindow): Promise<ReadonlyMap<string, string>> {
  const info = messages.find(({ type }) => type === messageTypes.attributeInfo);
  const inHeader = messages.filter(({ type, shared }) => type === messageTypes.attribute && !shared).map((message) => message.content());
  const inHeap = info ? await readDense(densePlaces(info.content(), 2), attributePlace, window) : [];
  const texts = new Map<string, string>();
  for (const cursor of [...inHeader, ...inHeap]) {
    const { name, text } = await readAttribute(cursor, window);
    if (text !== undefined) texts.set(name, text);
  }
  return texts;
}

async function readAttribute(cursor: ByteCursor, window: FileWindow): Promise<{ name: string; text: string | undefined }> {
  const version = cursor.u8();
  const isElsewhere = (cursor.u8() & 0x03) !== 0 && version > 1;
  const [nameLength, typeLength, spaceLength] = [cursor.u16(), cursor.u16(), cursor.u16()];
  if (version > 2) cursor.u8();
  const padded = (length: number): number => (version === 1 ? Math.ceil(length / 8) * 8 : length);
  const name = untilZero(cursor.take(padded(nameLength)));
  if (isElsewhere) return { name, text: undefined };
  const type = readElementType(cursor.part(padded(typeLength)));
  const shape = readShape(cursor.part(padded(spaceLength)));
  if (!shape || shape.some((size) => size !== 1)) return { name, text: undefined };
  if (type.kind === "text") return { name, text: untilZero(cursor.take(type.size)) };
  return { name, text: type.kind === "text elsewhere" ? await readElsewhere(cursor, window) : undefined };
}

/** A text in a global heap. */
async function readElsewhere(cursor: ByteCursor, window: FileWindow): Promise<string> {
  const [length, heap, number] = [cursor.u32(), cursor.u64(), cursor.u32()];
  if (length === 0) return "";
  const head = await window.cursor(heap, 16);
  if (head.text(4) !== "GCOL") throw window.damaged();
  head.take(4);
  const end = heap + head.u64();
  for (let place = heap + 16; place + 16 <= end; ) {
    const object = await window.cursor(place, 16);
    const found = object.u16() === number;
    object.take(6);
    const size = object.u64();
    if (found) return decodeUtf8(await window.bytes(place + 16, Math.min(length, size)));
    place += 16 + Math.ceil(size / 8) * 8;
  }
  throw window.damaged();
}

function untilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
}
