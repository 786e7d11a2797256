import { ByteCursor } from "./byte-cursor";
import type { FileWindow } from "./file-window";

/** A message of an object's header: one thing that it says of the object. */
export interface Message {
  readonly type: number;
  /** Whether what it says stands elsewhere in the file, for several objects. */
  readonly shared: boolean;
  /** Place of the first byte of the content. */
  readonly place: number;
  readonly content: () => ByteCursor;
}

/** Numbers of the messages that are read (HDF5 file format specification 3.0, IV.A.2). */
export const messageTypes = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

const newSignature = Buffer.from("OHDR");
const checksumLength = 4;

/** Most pieces of one header: large headers have a handful. */
const mostPieces = 1_000;

/** How the pieces of a header are written. */
interface Style {
  /** Bytes before the content of a message, and what they say. */
  readonly headLength: number;
  readonly head: (cursor: ByteCursor) => { type: number; length: number; flags: number };
  /** Bytes of a continuation before its first message and after its last one. */
  readonly before: number;
  readonly after: number;
}

/** Version 1: everything is padded to 8 bytes. */
const oldStyle: Style = {
  headLength: 8,
  head: (cursor) => ({ type: cursor.u16(), length: cursor.u16(), flags: cursor.u8() }),
  before: 0,
  after: 0,
};

/** Version 2; groups may note the order in which messages were made. */
function newStyle(withOrder: boolean): Style {
  return {
    headLength: withOrder ? 6 : 4,
    head: (cursor) => ({ type: cursor.u8(), length: cursor.u16(), flags: cursor.u8() }),
    before: newSignature.length,
    after: checksumLength,
  };
}

/** Messages that stand one after another. */
interface Piece {
  readonly place: number;
  readonly length: number;
}

/**
 * The messages in the header of an object (a group or a dataset), with all its continuations.
 * @throws UserError where there is no such header.
 */
export async function readObjectHeader(window: FileWindow, address: number): Promise<Message[]> {
  const { style, piece } = await readStart(window, address);
  const messages: Message[] = [];
  const pieces = [piece];
  for (let index = 0; index < pieces.length; index++) {
    if (index === mostPieces) throw window.damaged();
    for (const message of await readPiece(window, pieces[index]!, style)) {
      if (message.type === messageTypes.continuation) pieces.push(continuation(message, style));
      else messages.push(message);
    }
  }
  return messages;
}

async function readStart(window: FileWindow, address: number): Promise<{ style: Style; piece: Piece }> {
  const [oldLength, newLength] = [16, 6];
  const signature = await window.bytes(address, newSignature.length);
  if (signature[0] === 1) {
    const cursor = await window.cursor(address, oldLength);
    cursor.take(8);
    return { style: oldStyle, piece: { place: address + oldLength, length: cursor.u32() } };
  }
  if (!newSignature.equals(signature)) throw window.damaged();
  const flags = (await window.bytes(address + 5, 1))[0]!;
  const [hasTimes, hasLimits, hasOrder] = [(flags & 0x20) !== 0, (flags & 0x10) !== 0, (flags & 0x04) !== 0];
  const place = address + newLength + (hasTimes ? 16 : 0) + (hasLimits ? 4 : 0);
  const bytes = 1 << (flags & 0x03);
  return { style: newStyle(hasOrder), piece: { place: place + bytes, length: (await window.cursor(place, bytes)).unsigned(bytes) } };
}

function continuation(message: Message, { before, after }: Style): Piece {
  const cursor = message.content();
  const [place, length] = [cursor.u64(), cursor.u64()];
  return { place: place + before, length: length - before - after };
}

async function readPiece(window: FileWindow, { place, length }: Piece, style: Style): Promise<Message[]> {
  const bytes = await window.bytes(place, length);
  const messages: Message[] = [];
  for (let at = 0; at + style.headLength <= length; ) {
    const head = style.head(new ByteCursor(bytes.subarray(at)));
    at += style.headLength;
    if (at + head.length > length) throw window.damaged();
    const content = bytes.subarray(at, at + head.length);
    messages.push({ type: head.type, shared: (head.flags & 0x02) !== 0, place: place + at, content: () => new ByteCursor(content) });
    at += head.length;
  }
  return messages;
}
