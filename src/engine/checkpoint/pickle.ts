import { UserError } from "../../shared/errors";
import { decodeUtf8 } from "./byte-cursor";
import type { ByteCursor } from "./byte-cursor";
import { quote } from "./quote";

/** What a pickle holds, as data. Lists, tuples and sets are arrays. Values may be shared, and may contain themselves. */
export type PickleValue = null | boolean | number | bigint | string | Uint8Array | PickleValue[] | PickleDict | PickleGlobal | PickleObject | PersistentReference;

/** A Python dictionary, ordered ones included. */
export type PickleDict = Map<PickleValue, PickleValue>;

/** A class or function of Python by its name; it is never looked up. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  /** "torch._utils._rebuild_tensor_v2". */
  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What Python would have made by a call: the call itself, which is never made. */
export class PickleObject {
  /** What was to be put into it: attributes, as a rule a dictionary. */
  state: PickleValue = null;
  readonly items: PickleValue[] = [];
  readonly entries: PickleDict = new Map();

  constructor(
    readonly callee: PickleValue,
    readonly args: PickleValue,
  ) {}

  /** Name of the class or function that was to be called; empty where that is no plain name. */
  get path(): string {
    return this.callee instanceof PickleGlobal ? this.callee.path : "";
  }
}

/** Something that is stored outside the pickle. */
export class PersistentReference {
  constructor(readonly id: PickleValue) {}
}

/** One pickle as data. */
export interface Pickle {
  readonly value: PickleValue;
  /** Everything that it refers to, in its order. */
  readonly references: readonly PersistentReference[];
}

/** Most instructions that are followed: 500,000 tensors take 16 million. */
const mostInstructions = 20_000_000;

/** Longest integer in bytes or digits: real ones have 10 at most, and making a number of n bytes takes time n². */
const longestInteger = 256;

/** Longest module and name of a class. */
const longestPath = 1024;

const newestProtocol = 5;

/** Modules and names that nobody but an attacker calls from a checkpoint. They would not be called here; its user may load it elsewhere. */
const attack = new RegExp(
  [
    String.raw`^(os|posix|nt|subprocess|_posixsubprocess|commands|popen2|sys|pty|runpy|socket|shutil|importlib|ctypes|webbrowser|code|asyncio|pdb|bdb|timeit|profile|cProfile|pip|marshal)(\.|$)`,
    String.raw`^(builtins|__builtin__)\.(eval|exec|execfile|compile|open|file|__import__|breakpoint)(\.|$)`,
    String.raw`^(io|_io)\.(open|FileIO|open_code)(\.|$)|^(pickle|_pickle|cPickle)\.(load|Unpickler)|^multiprocessing\.(\w+\.)?Process`,
    String.raw`^torch\.hub\.|^numpy\.testing\.`,
    // A newer protocol takes names apart at their dots, so that one module leads to another.
    String.raw`\.(os|posix|subprocess|sys|builtins|__builtins__|__globals__|__subclasses__|__import__)(\.|$)`,
  ].join("|"),
);

/**
 * Reads one pickle of protocol 0 to 5. Nothing is imported, called or executed: a call becomes a {@link PickleObject} that says what was to be called.
 * Time and memory are proportional to its length; what it holds may be nested and shared at will, so whoever walks through it has to bound the walk.
 * @param what names the pickle in refusals.
 * @throws UserError where it is damaged, beyond the bounds, or made to attack. EndOfBytes where it is cut short.
 */
export function readPickle(cursor: ByteCursor, what: string): Pickle {
  const machine = new Machine(cursor, what);
  for (let count = 0; count < mostInstructions; count++) {
    const code = cursor.u8();
    if (code === stop) return { value: machine.pop(), references: machine.references };
    const instruction = instructions[code];
    if (!instruction) throw machine.damaged(`has an instruction ${code} that no pickle has`);
    instruction(machine);
  }
  throw machine.damaged(`has more than ${mostInstructions} instructions`);
}

/** The stack and the memo on which a pickle's instructions work. */
class Machine {
  private readonly stack: PickleValue[] = [];
  /** Heights of the stack. */
  private readonly marks: number[] = [];
  readonly references: PersistentReference[] = [];
  private readonly memo: (PickleValue | undefined)[] = [];
  private copied = 0;
  /** Places of the memo that are taken. */
  private remembered = 0;

  constructor(
    readonly cursor: ByteCursor,
    private readonly what: string,
  ) {}

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    this.need(1);
    return this.stack.pop()!;
  }

  top(): PickleValue {
    this.need(1);
    return this.stack.at(-1)!;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** Takes off what was pushed since the last mark. */
  popToMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.damaged("takes more values than it has");
    return this.stack.splice(mark);
  }

  /** Takes off the last `count` values. */
  popMany(count: number): PickleValue[] {
    this.need(count);
    return this.stack.splice(this.stack.length - count);
  }

  remember(place: number): void {
    if (this.memo[place] === undefined) this.remembered++;
    this.memo[place] = this.top();
  }

  rememberNext(): void {
    this.remember(this.remembered);
  }

  recall(place: number): void {
    const value = this.memo[place];
    if (value === undefined) throw this.damaged("refers to a value that it does not hold");
    this.push(value);
  }

  refer(id: PickleValue): PersistentReference {
    const reference = new PersistentReference(id);
    this.references.push(reference);
    return reference;
  }

  /** A list may be shared, and copied again and again: all copies together are bounded as the instructions are. */
  copy(list: readonly PickleValue[]): PickleValue[] {
    this.copied += list.length;
    if (this.copied > mostInstructions) throw this.damaged(`copies more than ${mostInstructions} values`);
    return [...list];
  }

  global(module: string, name: string): PickleGlobal {
    if (module.length + name.length > longestPath) throw this.damaged("names a class by a very long name");
    const known = new PickleGlobal(module, name);
    if (attack.test(known.path)) {
      throw new UserError(`${this.what} would run ${quote(known.path)} when Python loads it; don't trust this checkpoint, don't load it, and get the model from its source.`);
    }
    return known;
  }

  damaged(wrong: string): UserError {
    return new UserError(`${this.what} ${wrong}: it is damaged or hostile; get the file again.`);
  }

  private need(count: number): void {
    if (this.stack.length < (this.marks.at(-1) ?? 0) + count) throw this.damaged("takes more values than it has");
  }
}

type Instruction = (machine: Machine) => void;

const stop = ".".charCodeAt(0);

/** Calls whose outcome is plain data. */
const dictionaries = new Set(["collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.dict", "__builtin__.dict"]);
const lists = new Set(["builtins.list", "builtins.set", "builtins.frozenset", "builtins.tuple", "__builtin__.set", "__builtin__.frozenset"]);

function call(machine: Machine, callee: PickleValue, args: PickleValue): PickleValue {
  if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) return new PickleObject(callee, args);
  const given = args.slice(0, 2).find(Array.isArray) ?? [];
  if (dictionaries.has(callee.path)) return new Map(pairsOf(machine.copy(given)));
  if (lists.has(callee.path)) return machine.copy(given);
  return new PickleObject(callee, args);
}

function callOfTwo(machine: Machine): PickleValue {
  const [callee, args] = machine.popMany(2);
  return call(machine, callee!, args!);
}

function pairsOf(list: readonly PickleValue[]): [PickleValue, PickleValue][] {
  return list.flatMap((pair) => (Array.isArray(pair) && pair.length === 2 ? [[pair[0]!, pair[1]!]] : []));
}

function append(machine: Machine, items: readonly PickleValue[]): void {
  const target = machine.top();
  const list = target instanceof PickleObject ? target.items : target;
  if (!Array.isArray(list)) throw machine.damaged("adds to something that is no list");
  for (const item of items) list.push(item);
}

function setEntries(machine: Machine, keysAndValues: readonly PickleValue[]): void {
  const target = machine.top();
  const dict = target instanceof PickleObject ? target.entries : target;
  if (!(dict instanceof Map) || keysAndValues.length % 2 !== 0) throw machine.damaged("sets entries of something that is no dictionary");
  for (let index = 0; index < keysAndValues.length; index += 2) dict.set(keysAndValues[index]!, keysAndValues[index + 1]!);
}

function build(machine: Machine): void {
  const state = machine.pop();
  const target = machine.top();
  if (target instanceof PickleObject) target.state = state;
}

function dictOf(machine: Machine): void {
  const keysAndValues = machine.popToMark();
  machine.push(new Map());
  setEntries(machine, keysAndValues);
}

/** A little-endian integer in two's complement. */
function integer(machine: Machine, length: number): PickleValue {
  if (length > longestInteger) throw machine.damaged(`has an integer of ${length} bytes`);
  const bytes = machine.cursor.take(length);
  const hexadecimal = Buffer.from(bytes).reverse().toString("hex");
  return fitting(BigInt.asIntN(8 * length, BigInt(`0x${hexadecimal || "0"}`)));
}

function integerLine(machine: Machine): PickleValue {
  const digits = lineOf(machine).replace(/L$/, "");
  if (digits === "00" || digits === "01") return digits === "01";
  if (digits.length > longestInteger || !/^-?\d+$/.test(digits)) throw machine.damaged("has an integer that is none");
  return fitting(BigInt(digits));
}

function fitting(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function lineOf(machine: Machine): string {
  return decodeUtf8(machine.cursor.line());
}

/** A place in the memo that is written in digits. */
function placeLine(machine: Machine): number {
  const place = Number(lineOf(machine));
  if (Number.isSafeInteger(place) && place >= 0) return place;
  throw machine.damaged("names a place of its memo by something that is no number");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Text as Python's raw-unicode-escape writes what Latin-1 has not. */
function unescaped(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\U(00[0-9a-fA-F]{6})/g, (escape, short: string | undefined, long: string | undefined) => {
    const code = parseInt(short ?? long ?? "", 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : escape;
  });
}

/** Text between quotation marks as Python 2 wrote it; escapes stay, since names have none. */
function unquoted(text: string): string {
  return text.trim().slice(1, -1);
}

function stackGlobal(machine: Machine): PickleGlobal {
  const [module, name] = machine.popMany(2);
  if (typeof module !== "string" || typeof name !== "string") throw machine.damaged("names a class by something that is no text");
  return machine.global(module, name);
}

/** The call of a class that stands first after the mark. */
function callFromMark(machine: Machine): PickleValue {
  const [callee, ...args] = machine.popToMark();
  if (callee === undefined) throw machine.damaged("takes more values than it has");
  return call(machine, callee, args);
}

function checkProtocol(machine: Machine): void {
  const protocol = machine.cursor.u8();
  if (protocol > newestProtocol) throw machine.damaged(`is of protocol ${protocol}, newer than the ${newestProtocol} that are known`);
}

function refuse(wrong: string): Instruction {
  return (machine) => {
    throw machine.damaged(wrong);
  };
}

/** An instruction that pushes what `make` gives. */
function pushing(make: (machine: Machine) => PickleValue): Instruction {
  return (machine) => {
    machine.push(make(machine));
  };
}

/** Every instruction by its code, a byte or the character that stands for it, in the order of Python's Lib/pickle.py. */
const instructions: readonly (Instruction | undefined)[] = table({
  "(": (m) => { m.mark(); },
  "0": (m) => { m.pop(); },
  "1": (m) => { m.popToMark(); },
  "2": pushing((m) => m.top()),
  F: pushing((m) => Number(lineOf(m))),
  I: pushing(integerLine),
  J: pushing((m) => m.cursor.i32()),
  K: pushing((m) => m.cursor.u8()),
  L: pushing(integerLine),
  M: pushing((m) => m.cursor.u16()),
  N: pushing(() => null),
  P: pushing((m) => m.refer(lineOf(m))),
  Q: pushing((m) => m.refer(m.pop())),
  R: pushing(callOfTwo),
  S: pushing((m) => unquoted(lineOf(m))),
  T: pushing((m) => latin1(m.cursor.take(m.cursor.u32()))),
  U: pushing((m) => latin1(m.cursor.take(m.cursor.u8()))),
  V: pushing((m) => unescaped(latin1(m.cursor.line()))),
  X: pushing((m) => m.cursor.text(m.cursor.u32())),
  a: (m) => { append(m, m.popMany(1)); },
  b: build,
  c: pushing((m) => m.global(lineOf(m), lineOf(m))),
  d: dictOf,
  e: (m) => { append(m, m.popToMark()); },
  g: (m) => { m.recall(placeLine(m)); },
  h: (m) => { m.recall(m.cursor.u8()); },
  i: pushing((m) => call(m, m.global(lineOf(m), lineOf(m)), m.popToMark())),
  j: (m) => { m.recall(m.cursor.u32()); },
  l: pushing((m) => m.popToMark()),
  o: pushing(callFromMark),
  p: (m) => { m.remember(placeLine(m)); },
  q: (m) => { m.remember(m.cursor.u8()); },
  r: (m) => { m.remember(m.cursor.u32()); },
  s: (m) => { setEntries(m, m.popMany(2)); },
  t: pushing((m) => m.popToMark()),
  u: (m) => { setEntries(m, m.popToMark()); },
  "}": pushing(() => new Map()),
  "]": pushing(() => []),
  ")": pushing(() => []),
  G: pushing((m) => m.cursor.f64BigEndian()),
  B: pushing((m) => m.cursor.take(m.cursor.u32())),
  C: pushing((m) => m.cursor.take(m.cursor.u8())),
  "\x80": checkProtocol,
  "\x81": pushing(callOfTwo),
  "\x82": refuse("uses Python's registry of extensions"),
  "\x83": refuse("uses Python's registry of extensions"),
  "\x84": refuse("uses Python's registry of extensions"),
  "\x85": pushing((m) => m.popMany(1)),
  "\x86": pushing((m) => m.popMany(2)),
  "\x87": pushing((m) => m.popMany(3)),
  "\x88": pushing(() => true),
  "\x89": pushing(() => false),
  "\x8a": pushing((m) => integer(m, m.cursor.u8())),
  "\x8b": pushing((m) => integer(m, m.cursor.u32())),
  "\x8c": pushing((m) => m.cursor.text(m.cursor.u8())),
  "\x8d": pushing((m) => m.cursor.text(m.cursor.u64())),
  "\x8e": pushing((m) => m.cursor.take(m.cursor.u64())),
  "\x8f": pushing(() => []),
  "\x90": (m) => { append(m, m.popToMark()); },
  "\x91": pushing((m) => m.popToMark()),
  "\x92": pushing(keywordCall),
  "\x93": pushing(stackGlobal),
  "\x94": (m) => { m.rememberNext(); },
  "\x95": (m) => { m.cursor.u64(); },
  "\x96": pushing((m) => m.cursor.take(m.cursor.u64())),
  "\x97": refuse("keeps bytes outside of itself"),
  "\x98": refuse("keeps bytes outside of itself"),
});

function keywordCall(machine: Machine): PickleValue {
  const [callee, args] = machine.popMany(3);
  return new PickleObject(callee!, args!);
}

function table(entries: Readonly<Record<string, Instruction>>): readonly (Instruction | undefined)[] {
  const byCode: (Instruction | undefined)[] = Array.from({ length: 256 });
  for (const [character, instruction] of Object.entries(entries)) byCode[character.charCodeAt(0)] = instruction;
  return byCode;
}
