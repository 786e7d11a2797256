import type { Dtype } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import type { TensorReference } from "./checkpoint";
import type { FileWindow } from "./file-window";
import { quote } from "./quote";
import { byteLength } from "./safetensors-header";

/** An array of a tree of parameters: the keys that lead to it, and where its bytes lie. */
export interface FlaxArray {
  readonly keys: readonly string[];
  readonly array: Omit<TensorReference, "name">;
}

/** Most values in the tree: above any model's. */
const mostValues = 2_000_000;

/** Deepest nesting: models need about 15. */
const deepest = 64;

/** Longest key, and longest description of an array before its bytes. */
const longestText = 4096;

/** NumPy's names of element types. */
const dtypes: Readonly<Record<string, Dtype>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  complex64: "C64",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint64: "U64",
  uint32: "U32",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL",
};

/** Kind of extension under which flax.serialization packs an array. */
const arrayExtension = 1;

/** Key by which flax.serialization marks an array of more than 1 GiB, which it cuts into several. */
const piecesMark = "__msgpack_chunked_array__";

/**
 * Finds the arrays in what flax.serialization.to_bytes writes: MessagePack (its specification of 2013), maps in maps, and each array an extension of its shape, its dtype and its bytes.
 * Everything else in it (step counters, empty states) is passed over, and so are the arrays' bytes.
 * @throws UserError where the file is damaged or hostile, or holds an array in pieces.
 */
export async function findFlaxArrays(window: FileWindow): Promise<FlaxArray[]> {
  return new FlaxReader(window).read();
}

/** What stands before a value: its kind, and how many bytes, items or pairs follow. */
interface Header {
  readonly kind: "plain" | "text" | "binary" | "list" | "map" | "extension";
  readonly count: number;
  readonly extension?: number;
}

class FlaxReader {
  private place = 0;
  private values = 0;
  private readonly arrays: FlaxArray[] = [];

  constructor(private readonly window: FileWindow) {}

  async read(): Promise<FlaxArray[]> {
    const { kind, count } = await this.header();
    if (kind !== "map") throw this.window.damaged();
    await this.map(count, []);
    if (this.place !== this.window.length) throw this.window.damaged();
    return this.arrays;
  }

  private async map(count: number, keys: readonly string[]): Promise<void> {
    const seen = new Set<string>();
    for (let pair = 0; pair < count; pair++) {
      const key = await this.text();
      if (seen.has(key)) throw new UserError(`${this.window.path} lists ${quote([...keys, key].join("/"))} twice; get the file again or save it anew.`);
      seen.add(key);
      if (key === piecesMark) throw new UserError(`${this.window.path} holds ${quote(keys.join("/"))} in pieces, which NormLens does not read; convert the model to safetensors.`);
      await this.value([...keys, key]);
    }
  }

  private async value(keys: readonly string[]): Promise<void> {
    if (keys.length > deepest) throw new UserError(`${this.window.path} is nested more than ${deepest} levels deep; check that it is a Flax checkpoint.`);
    const { kind, count, extension } = await this.header();
    if (kind === "map") return this.map(count, keys);
    if (kind === "list") {
      for (let index = 0; index < count; index++) await this.value([...keys, String(index)]);
      return;
    }
    if (extension === arrayExtension) return this.array(keys, count);
    this.skip(count);
  }

  private async array(keys: readonly string[], length: number): Promise<void> {
    const end = this.place + length;
    const { count: parts } = await this.expect("list");
    if (parts !== 3) throw this.window.damaged();
    const shape = await this.shape();
    const stated = await this.text();
    const dtype = Object.hasOwn(dtypes, stated) ? dtypes[stated] : undefined;
    if (!dtype) throw new UserError(`${this.window.path}: tensor ${quote(keys.join("/"))} is of the type ${quote(stated)}, which NormLens does not know; save it as float32.`);
    const { count: bytes } = await this.expect("binary");
    if (bytes !== byteLength(dtype, shape) || this.place + bytes !== end) throw this.window.damaged();
    this.arrays.push({ keys, array: { dtype, shape, ...this.window.locate(this.place), length: bytes } });
    this.skip(bytes);
  }

  private async shape(): Promise<number[]> {
    const { count: axes } = await this.expect("list");
    const shape: number[] = [];
    for (let axis = 0; axis < axes; axis++) shape.push(await this.integer());
    return shape;
  }

  private async text(): Promise<string> {
    const { count } = await this.expect("text");
    if (count > longestText) throw this.window.damaged();
    return (await this.take(count)).toString("utf8");
  }

  /** A whole number from zero on. */
  private async integer(): Promise<number> {
    const tag = (await this.take(1))[0]!;
    if (tag < 0x80) return tag;
    if (tag < 0xcc || tag > 0xcf) throw this.window.damaged();
    return this.unsigned(2 ** (tag - 0xcc));
  }

  private async expect(kind: Header["kind"]): Promise<Header> {
    const header = await this.header();
    if (header.kind !== kind) throw this.window.damaged();
    return header;
  }

  private async header(): Promise<Header> {
    if (++this.values > mostValues) throw new UserError(`${this.window.path} holds more than the ${mostValues} values that are read; check that it is a Flax checkpoint.`);
    const tag = (await this.take(1))[0]!;
    if (tag < 0x80 || tag >= 0xe0) return { kind: "plain", count: 0 };
    if (tag < 0x90) return { kind: "map", count: tag & 0x0f };
    if (tag < 0xa0) return { kind: "list", count: tag & 0x0f };
    if (tag < 0xc0) return { kind: "text", count: tag & 0x1f };
    const rule = tagged[tag];
    if (!rule) throw this.window.damaged();
    const count = rule.fixed ?? (await this.unsigned(rule.countBytes!));
    return rule.kind === "extension" ? { kind: rule.kind, count, extension: (await this.take(1)).readInt8() } : { kind: rule.kind, count };
  }

  private async unsigned(bytes: number): Promise<number> {
    const digits = await this.take(bytes);
    return bytes === 8 ? Number(digits.readBigUInt64BE()) : digits.readUIntBE(0, bytes);
  }

  private async take(count: number): Promise<Buffer> {
    const bytes = await this.window.bytes(this.place, count);
    this.place += count;
    return bytes;
  }

  private skip(count: number): void {
    if (!this.window.holds(this.place, count)) throw this.window.damaged();
    this.place += count;
  }
}

/** A first byte from 0xc0 on: the kind of what follows, and its count or the bytes that state it. */
interface Tagged {
  readonly kind: Header["kind"];
  readonly fixed?: number;
  readonly countBytes?: number;
}

const plain = (fixed: number): Tagged => ({ kind: "plain", fixed });
const counted = (kind: Header["kind"], countBytes: number): Tagged => ({ kind, countBytes });

/** nil, booleans and numbers; binaries, extensions, texts, lists and maps with a count before them. */
const tagged: Readonly<Record<number, Tagged>> = {
  0xc0: plain(0),
  0xc2: plain(0),
  0xc3: plain(0),
  0xc4: counted("binary", 1),
  0xc5: counted("binary", 2),
  0xc6: counted("binary", 4),
  0xc7: counted("extension", 1),
  0xc8: counted("extension", 2),
  0xc9: counted("extension", 4),
  0xca: plain(4),
  0xcb: plain(8),
  0xcc: plain(1),
  0xcd: plain(2),
  0xce: plain(4),
  0xcf: plain(8),
  0xd0: plain(1),
  0xd1: plain(2),
  0xd2: plain(4),
  0xd3: plain(8),
  0xd4: { kind: "extension", fixed: 1 },
  0xd5: { kind: "extension", fixed: 2 },
  0xd6: { kind: "extension", fixed: 4 },
  0xd7: { kind: "extension", fixed: 8 },
  0xd8: { kind: "extension", fixed: 16 },
  0xd9: counted("text", 1),
  0xda: counted("text", 2),
  0xdb: counted("text", 4),
  0xdc: counted("list", 2),
  0xdd: counted("list", 4),
  0xde: counted("map", 2),
  0xdf: counted("map", 4),
};
