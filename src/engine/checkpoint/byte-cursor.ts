/** Thrown where a cursor is to read more bytes than there are; whoever holds the rest of a file may try again with more of it. */
export class EndOfBytes extends Error {
  override readonly name = "EndOfBytes";
}

const newline = 0x0a;

/** Reads numbers and texts one after another, little-endian. Everything that it gives fits the bytes that are there. */
export class ByteCursor {
  private readonly view: DataView;
  private place = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes that were read. */
  get position(): number {
    return this.place;
  }

  /** The next `count` bytes, not copied. @throws EndOfBytes */
  take(count: number): Uint8Array {
    const start = this.skip(count);
    return this.bytes.subarray(start, start + count);
  }

  /** Bytes up to a newline, which is read too. @throws EndOfBytes */
  line(): Uint8Array {
    const end = this.bytes.indexOf(newline, this.place);
    if (end < 0) throw new EndOfBytes();
    const line = this.take(end - this.place);
    this.skip(1);
    return line;
  }

  /** UTF-8 text of `count` bytes; what is no UTF-8 becomes U+FFFD. @throws EndOfBytes */
  text(count: number): string {
    return decodeUtf8(this.take(count));
  }

  u8(): number {
    return this.view.getUint8(this.skip(1));
  }

  i8(): number {
    return this.view.getInt8(this.skip(1));
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  i16(): number {
    return this.view.getInt16(this.skip(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  /** Rounded where it is beyond 2^53, which no size or offset in a file is. */
  u64(): number {
    return Number(this.view.getBigUint64(this.skip(8), true));
  }

  /** Rounded as {@link u64}. */
  i64(): number {
    return Number(this.view.getBigInt64(this.skip(8), true));
  }

  /** A whole number of 0 to 8 bytes. Rounded as {@link u64}. */
  unsigned(bytes: number): number {
    return this.take(bytes).reduceRight((number, byte) => number * 256 + byte, 0);
  }

  /** The next `count` bytes, to be read by themselves. @throws EndOfBytes */
  part(count: number): ByteCursor {
    return new ByteCursor(this.take(count));
  }

  f32(): number {
    return this.view.getFloat32(this.skip(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.skip(8), true);
  }

  /** A double with its most significant byte first. */
  f64BigEndian(): number {
    return this.view.getFloat64(this.skip(8), false);
  }

  /** @returns where the cursor was. */
  private skip(count: number): number {
    const start = this.place;
    if (count > this.bytes.length - start) throw new EndOfBytes();
    this.place = start + count;
    return start;
  }
}

const utf8 = new TextDecoder();

/** Text of bytes; what is no UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
