import { ByteCursor } from "./byte-cursor";
import type { FileWindow } from "./file-window";
import { nowhere } from "./hdf5-messages";

/** Where an object keeps many links or attributes: the heap that holds them, and the tree that indexes them by name. */
export interface DensePlaces {
  readonly heap: number;
  readonly tree: number;
}

/**
 * Reads a message "link info" or "attribute info".
 * @param orderLength bytes of the largest order of creation, if one is kept.
 * @returns undefined where nothing is kept so.
 */
export function densePlaces(info: ByteCursor, orderLength: number): DensePlaces | undefined {
  info.u8();
  if (info.u8() & 0x01) info.take(orderLength);
  const [heap, tree] = [info.u64(), info.u64()];
  return heap === nowhere ? undefined : { heap, tree };
}

/**
 * What an object keeps in a heap, in the order of the tree: each as the message that would stand in its header if there were few.
 * @param idPlace place of a thing's number in the heap, in a record of the tree.
 * @throws UserError where heap or tree are damaged.
 */
export async function readDense(places: DensePlaces | undefined, idPlace: number, window: FileWindow): Promise<ByteCursor[]> {
  if (!places) return [];
  const heap = await openHeap(places.heap, window);
  const found: ByteCursor[] = [];
  for (const record of await readRecords(places.tree, window)) found.push(await heap(record.subarray(idPlace)));
  return found;
}

type Heap = (id: Uint8Array) => Promise<ByteCursor>;

/** How a heap numbers its bytes: in blocks, of which each row has `width`, of twice the size of those in the row above from the second row on. */
interface HeapShape {
  readonly idLength: number;
  readonly width: number;
  readonly firstBlock: number;
  readonly largestBlock: number;
  /** Bytes of a number of a byte. */
  readonly offsetLength: number;
  readonly root: number;
  /** Rows of the table at the root; 0 where there is a single block. */
  readonly rows: number;
}

/** A fractal heap (III.G of the specification) by the numbers of the things in it. Objects that are large or filtered are not read. */
async function openHeap(address: number, window: FileWindow): Promise<Heap> {
  const shape = await readHeapShape(address, window);
  return async (id) => {
    const cursor = new ByteCursor(id.subarray(0, shape.idLength));
    const isManaged = (cursor.u8() & 0x30) === 0;
    if (!isManaged) throw window.damaged();
    const offset = cursor.unsigned(shape.offsetLength);
    const length = cursor.unsigned(shape.idLength - 1 - shape.offsetLength);
    return window.cursor(await placeInHeap(offset, shape, window), length);
  };
}

async function readHeapShape(address: number, window: FileWindow): Promise<HeapShape> {
  const cursor = await window.cursor(address, 142);
  if (cursor.text(4) !== "FRHP") throw window.damaged();
  cursor.u8();
  const [idLength, filterLength] = [cursor.u16(), cursor.u16()];
  cursor.take(101);
  const [width, firstBlock, largestBlock, bits] = [cursor.u16(), cursor.u64(), cursor.u64(), cursor.u16()];
  cursor.take(2);
  const [root, rows] = [cursor.u64(), cursor.u16()];
  const offsetLength = Math.ceil(bits / 8);
  if (filterLength > 0 || width === 0 || firstBlock === 0 || largestBlock < firstBlock || offsetLength > 8 || offsetLength + 1 > idLength) throw window.damaged();
  return { idLength, width, firstBlock, largestBlock, offsetLength, root, rows };
}

/** The place in the file of a byte of the heap: down the tables to its block. */
async function placeInHeap(offset: number, { width, firstBlock, largestBlock, offsetLength, root, rows }: HeapShape, window: FileWindow): Promise<number> {
  const headLength = 13 + offsetLength;
  let [address, rest, isTable] = [root, offset, rows > 0];
  while (isTable) {
    const row = Math.max(0, Math.floor(Math.log2(rest / (width * firstBlock))) + 1);
    const block = firstBlock * 2 ** Math.max(0, row - 1);
    const rowStart = row === 0 ? 0 : width * block;
    const column = Math.floor((rest - rowStart) / block);
    rest -= rowStart + column * block;
    address = (await window.cursor(address + headLength + 8 * (row * width + column), 8)).u64();
    isTable = block > largestBlock;
  }
  return address + rest;
}

/** Longest node of a tree of records: HDF5 makes them of 512 bytes. */
const longestNode = 2 ** 16;

/** A tree of records (version 2 of B-trees, III.A.2). */
interface RecordTree {
  readonly nodeLength: number;
  readonly recordLength: number;
}

interface Node {
  readonly address: number;
  readonly records: number;
  /** Levels below it. */
  readonly depth: number;
}

/** Bytes around the content of a node: signature, version and type before it, checksum behind it. */
const [beforeContent, aroundContent] = [6, 10];

async function readRecords(address: number, window: FileWindow): Promise<Uint8Array[]> {
  const cursor = await window.cursor(address, 34);
  if (cursor.text(4) !== "BTHD") throw window.damaged();
  cursor.take(2);
  const tree = { nodeLength: cursor.u32(), recordLength: cursor.u16() };
  const depth = cursor.u16();
  cursor.take(2);
  const root = { address: cursor.u64(), records: cursor.u16(), depth };
  if (tree.recordLength === 0 || tree.nodeLength > longestNode || depth > 16) throw window.damaged();
  const records: Uint8Array[] = [];
  const seen = new Set<number>();
  const nodes: Node[] = root.address === nowhere ? [] : [root];
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    if (seen.has(node.address)) throw window.damaged();
    seen.add(node.address);
    const content = await readNode(node, tree, window);
    for (let record = 0; record < node.records; record++) records.push(content.take(tree.recordLength));
    nodes.push(...readChildren(node, tree, content));
  }
  return records;
}

async function readNode({ address, depth }: Node, { nodeLength }: RecordTree, window: FileWindow): Promise<ByteCursor> {
  const cursor = await window.cursor(address, nodeLength);
  if (cursor.text(4) !== (depth === 0 ? "BTLF" : "BTIN")) throw window.damaged();
  cursor.take(beforeContent - 4);
  return cursor;
}

function readChildren({ depth, records }: Node, tree: RecordTree, content: ByteCursor): Node[] {
  if (depth === 0) return [];
  const { countLength, totalLength } = childLengths(depth, tree);
  return Array.from({ length: records + 1 }, () => {
    const child = { address: content.u64(), records: content.unsigned(countLength), depth: depth - 1 };
    content.take(totalLength);
    return child;
  });
}

/** Bytes of the numbers that stand beside the address of a node below one of this depth: of its records, and of all records below it. They fit the most that there can be. */
function childLengths(depth: number, { nodeLength, recordLength }: RecordTree): { countLength: number; totalLength: number } {
  const inLeaf = Math.floor((nodeLength - aroundContent) / recordLength);
  const countLength = lengthOf(inLeaf);
  let [most, totalLength] = [inLeaf, 0];
  for (let level = 1; level < depth; level++) {
    const pointer = 8 + countLength + totalLength;
    const inNode = Math.floor((nodeLength - aroundContent - pointer) / (recordLength + pointer));
    most = (inNode + 1) * most + inNode;
    totalLength = lengthOf(most);
  }
  return { countLength, totalLength };
}

function lengthOf(most: number): number {
  return Math.floor(Math.log2(Math.max(1, most)) / 8) + 1;
}
