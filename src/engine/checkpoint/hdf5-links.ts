import type { ByteCursor } from "./byte-cursor";
import type { FileWindow } from "./file-window";
import { messageTypes } from "./hdf5-header";
import type { Message } from "./hdf5-header";
import { densePlaces, readDense } from "./hdf5-dense";

/** What a group holds: a name, and the address of the header of what it names. */
export interface Link {
  readonly name: string;
  readonly address: number;
}

/** Longest name of a group or a dataset. */
const longestName = 1024;

/** Place of a link's number in the heap, in a record of the index of names: behind the hash of the name. */
const linkPlace = 4;

/**
 * The links of a group with these messages in the order of their names; undefined where the messages are not those of a group.
 * Links to other places and files are passed over: Keras makes none.
 * @throws UserError where they are damaged.
 */
export async function linksOf(messages: readonly Message[], window: FileWindow): Promise<Link[] | undefined> {
  const table = messages.find(({ type }) => type === messageTypes.symbolTable);
  if (table) return readSymbolTable(table.content(), window);
  const info = messages.find(({ type }) => type === messageTypes.linkInfo);
  if (!info) return undefined;
  const inHeader = messages.filter(({ type }) => type === messageTypes.link).map((message) => message.content());
  const inHeap = await readDense(densePlaces(info.content(), 8), linkPlace, window);
  return [...inHeader, ...inHeap].flatMap((cursor) => readLink(cursor) ?? []).sort(byName);
}

function byName(a: Link, b: Link): number {
  return a.name < b.name ? -1 : 1;
}

/** A link of a new group, version 1. */
function readLink(cursor: ByteCursor): Link | undefined {
  cursor.u8();
  const flags = cursor.u8();
  const kind = flags & 0x08 ? cursor.u8() : 0;
  if (flags & 0x04) cursor.take(8);
  if (flags & 0x10) cursor.u8();
  const name = cursor.text(cursor.unsigned(1 << (flags & 0x03)));
  return kind === 0 ? { name, address: cursor.u64() } : undefined;
}

/** An old group: a tree whose leaves have places of names, and a heap that has the names. */
async function readSymbolTable(table: ByteCursor, window: FileWindow): Promise<Link[]> {
  const [tree, heap] = [table.u64(), table.u64()];
  const nameAt = await namesIn(heap, window);
  const links: Link[] = [];
  const seen = new Set<number>();
  const nodes = [tree];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (seen.has(node)) throw window.damaged();
    seen.add(node);
    const head = await window.cursor(node, 8);
    const signature = head.text(4);
    head.take(2);
    const count = head.u16();
    if (signature === "SNOD") for (const link of await readLeaf(node, count, nameAt, window)) links.push(link);
    else if (signature === "TREE") nodes.push(...(await readBranch(node, count, window)).reverse());
    else throw window.damaged();
  }
  return links;
}

/** Addresses of the nodes below one of a tree of names, in their order. */
async function readBranch(node: number, count: number, window: FileWindow): Promise<number[]> {
  const headLength = 24;
  const cursor = await window.cursor(node + headLength, 16 * count);
  return Array.from({ length: count }, () => {
    cursor.take(8);
    return cursor.u64();
  });
}

async function readLeaf(node: number, count: number, nameAt: NameAt, window: FileWindow): Promise<Link[]> {
  const [headLength, entryLength, symbolic] = [8, 40, 2];
  const cursor = await window.cursor(node + headLength, entryLength * count);
  const links: Link[] = [];
  for (let entry = 0; entry < count; entry++) {
    const [name, address, kind] = [cursor.u64(), cursor.u64(), cursor.u32()];
    cursor.take(20);
    if (kind !== symbolic) links.push({ name: await nameAt(name), address });
  }
  return links;
}

type NameAt = (offset: number) => Promise<string>;

/** The names that a local heap holds, by their place in it. */
async function namesIn(heap: number, window: FileWindow): Promise<NameAt> {
  const cursor = await window.cursor(heap, 32);
  if (cursor.text(4) !== "HEAP") throw window.damaged();
  cursor.take(4);
  const length = cursor.u64();
  cursor.take(8);
  const start = cursor.u64();
  return async (offset) => {
    const bytes = await window.bytes(start + offset, Math.min(longestName, length - offset));
    const end = bytes.indexOf(0);
    if (end < 0) throw window.damaged();
    return bytes.toString("utf8", 0, end);
  };
}
