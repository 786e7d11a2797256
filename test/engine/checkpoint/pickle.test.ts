import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ByteCursor, EndOfBytes } from "../../../src/engine/checkpoint/byte-cursor";
import { PersistentReference, PickleObject, readPickle } from "../../../src/engine/checkpoint/pickle";
import type { PickleValue } from "../../../src/engine/checkpoint/pickle";
import { UserError } from "../../../src/shared/errors";

const golden = join(import.meta.dirname, "golden");

function read(bytes: Uint8Array | string): PickleValue {
  const buffer = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  return readPickle(new ByteCursor(buffer), "The pickle").value;
}

/** Dictionaries as objects, for comparison with JSON. */
function plain(value: PickleValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, entry]) => [key as string, plain(entry)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

const { value, protocols } = JSON.parse(await readFile(join(golden, "pickles.json"), "utf8")) as { value: unknown; protocols: Record<string, string> };
const attacks = JSON.parse(await readFile(join(golden, "attacks.json"), "utf8")) as Record<string, string>;

describe("readPickle", () => {
  it.each(Object.keys(protocols))("reads what Python pickled in protocol %s", (protocol) => {
    expect(plain(read(Buffer.from(protocols[protocol]!, "base64")))).toEqual(value);
  });

  it("keeps what is shared shared", () => {
    const [first, second] = read("\x80\x02]q\0h\0\x86.") as [PickleValue, PickleValue];
    expect(first).toBe(second);
  });

  it("keeps an unknown class as a record of the call and of what it was given", () => {
    const object = read("\x80\x02cmymodule\nThing\nK\x01\x85R}X\x01\0\0\0aK\x02sb.") as PickleObject;
    expect(object).toBeInstanceOf(PickleObject);
    expect([object.path, object.args, object.state]).toEqual(["mymodule.Thing", [1], new Map([["a", 2]])]);
  });

  it("lists what lies outside", () => {
    const pickle = readPickle(new ByteCursor(Buffer.from("\x80\x02X\x01\0\0\0aQX\x01\0\0\0bQ\x86.", "latin1")), "The pickle");
    expect(pickle.references).toEqual([new PersistentReference("a"), new PersistentReference("b")]);
  });

  it("leaves the cursor behind its end", () => {
    const cursor = new ByteCursor(Buffer.from("K\x01.K\x02."));
    expect([1, 2].map(() => readPickle(cursor, "The pickle").value)).toEqual([1, 2]);
  });
});

describe("a pickle that attacks", () => {
  it.each(Object.keys(attacks))("%s is refused by the name of what it calls", (name) => {
    expect(() => read(Buffer.from(attacks[name]!, "base64"))).toThrow(
      /^The pickle would run "(os|posix|subprocess|builtins|__builtin__)\.\w+" when Python loads it; don't trust this checkpoint, don't load it, and get the model from its source\.$/,
    );
  });
});

describe("a name that a pickle calls", () => {
  const called = (module: string, name: string) => read(`\x80\x02c${module}\n${name}\n.`);

  it.each([
    ["commands", "Popen"], ["popen2", "popen2"], ["pdb", "run"], ["timeit", "timeit"], ["cProfile", "run"], ["_posixsubprocess", "fork_exec"], ["pip", "main"], ["io", "open"], ["_io", "FileIO"], ["pickle", "loads"],
    ["torch.hub", "load"], ["numpy.testing._private.utils", "runstring"], ["multiprocessing.process", "Process"], ["torch.serialization", "os.system"], ["builtins", "exec.__call__"],
  ])("%s.%s is refused", (module, name) => {
    expect(() => called(module, name)).toThrow(`The pickle would run "${module}.${name}" when Python loads it`);
  });

  it.each([
    ["collections", "OrderedDict"], ["torch._utils", "_rebuild_tensor_v2"], ["torch.nn.modules.normalization", "LayerNorm"], ["numpy.core.multiarray", "_reconstruct"], ["_codecs", "encode"], ["argparse", "Namespace"],
    ["pathlib", "PosixPath"], ["builtins", "set"], ["multiprocessing.context", "SpawnContext"], ["timm.models.layers", "std_conv"], ["coder.model", "Net"],
  ])("%s.%s is a name like any other", (module, name) => {
    expect(() => called(module, name)).not.toThrow();
  });
});

const laughs = Array.from({ length: 60 }, (_, depth) => `0(${`h${String.fromCharCode(depth)}`.repeat(8)}tq${String.fromCharCode(depth + 1)}`).join("");

describe("a pickle that is large, deep or broken", () => {
  it.each([
    ["a billion laughs", `\x80\x02(K\x01K\x01tq\0${laughs}.`],
    ["tuples in tuples", `\x80\x02)${"\x85".repeat(200_000)}.`],
    ["dictionaries in dictionaries", `\x80\x02}${"X\x05\0\0\0model}".repeat(20_000)}${"s".repeat(20_000)}.`],
    ["a dictionary in itself", "\x80\x02}q\0X\x05\0\0\0modelh\0s."],
    ["a list in itself", "\x80\x02]q\0h\0a."],
    ["a memo far out", "\x80\x02K\x01r\xff\xff\xff\xffj\xff\xff\xff\xff\x86."],
    ["many copies", `\x80\x02]${"2".repeat(200_000)}.`],
    ["many marks", `\x80\x02${"(".repeat(200_000)}K\x01.`],
    ["state for a dictionary", "\x80\x02}}b."],
  ])("%s is read in time and memory proportional to it", (_, pickle) => {
    expect(read(pickle)).toBeDefined();
  });

  it.each([
    ["a long integer", `\x80\x02\x8b\0\0\x01\0${"\x01".repeat(65_536)}.`, "has an integer of 65536 bytes"],
    ["a huge integer", "\x80\x02\x8b\xff\xff\xff\x7f.", "has an integer of 2147483647 bytes"],
    ["a long integer in digits", `L${"9".repeat(100_000)}L\n.`, "has an integer that is none"],
    ["a value that was never remembered", "\x80\x02h\x07.", "refers to a value that it does not hold"],
    ["a place of the memo that is no number", "\x80\x02gx\n.", "names a place of its memo by something that is no number"],
    ["an empty stack", "\x80\x02.", "takes more values than it has"],
    ["POP of nothing", "\x80\x020.", "takes more values than it has"],
    ["POP below a mark", "\x80\x02K\x01(0.", "takes more values than it has"],
    ["TUPLE without a mark", "\x80\x02K\x01t.", "takes more values than it has"],
    ["OBJ without a class", "(o.", "takes more values than it has"],
    ["APPEND to a number", "\x80\x02K\x01K\x02a.", "adds to something that is no list"],
    ["SETITEM of a number", "\x80\x02K\x01K\x02K\x03s.", "sets entries of something that is no dictionary"],
    ["SETITEMS of a key alone", "\x80\x02}(K\x01u.", "sets entries of something that is no dictionary"],
    ["STACK_GLOBAL of numbers", "\x80\x04K\x01K\x02\x93.", "names a class by something that is no text"],
    ["a protocol to come", "\x80\x06K\x01.", "is of protocol 6, newer than the 5 that are known"],
    ["an unknown instruction", "\x80\x02\xffK\x01.", "has an instruction 255 that no pickle has"],
    ["an extension", "\x80\x02\x82\x01.", "uses Python's registry of extensions"],
    ["a list that is copied again and again", `\x80\x02cbuiltins\nlist\nq\0](${"N".repeat(10_000)}eq\x01${"0h\0h\x01\x85R".repeat(10_000)}.`, "copies more than 20000000 values"],
    ["pairs that are copied again and again", `\x80\x02ccollections\nOrderedDict\nq\0](${"N".repeat(10_000)}eq\x01${"0h\0h\x01\x85R".repeat(10_000)}.`, "copies more than 20000000 values"],
    ["a class of a very long name", `\x80\x02c${"m".repeat(2_000)}\nx\n.`, "names a class by a very long name"],
    ["bytes elsewhere", "\x80\x05\x97.", "keeps bytes outside of itself"],
  ])("%s is refused", (_, pickle, wrong) => {
    const message = `The pickle ${wrong}: it is damaged or hostile; get the file again.`;
    expect(() => read(pickle)).toThrow(new UserError(message));
  });

  it("with more instructions than are followed is refused", () => {
    expect(() => read(Buffer.alloc(20_000_001, "N"))).toThrow("The pickle has more than 20000000 instructions");
  });

  it.each([
    ["nothing", ""],
    ["no end", "\x80\x02K\x01"],
    ["a text longer than it", "\x80\x02X\xff\xff\xff\xffabc."],
    ["a text longer than anything", `\x80\x04\x8d${"\xff".repeat(8)}abc.`],
    ["bytes longer than anything", `\x80\x05\x96${"\xff".repeat(8)}abc.`],
    ["a string of negative length", "\x80\x02T\xff\xff\xff\xffabc."],
    ["a line without an end", "cos"],
  ])("%s ends too soon", (_, pickle) => {
    expect(() => read(pickle)).toThrow(EndOfBytes);
  });
});
