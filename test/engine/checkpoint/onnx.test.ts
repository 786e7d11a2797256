import { copyFile, mkdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { inspectCheckpoint } from "../../../src/engine/inspect";
import { refusal, temporaryFile, temporaryFolder } from "./files";

const { DataType, DataLocation } = onnx.TensorProto;
const exported = join(import.meta.dirname, "../graph/exported/layernorm-traced-17.onnx");

/** One norm over 8 channels, with these initializers as its gain and offset. */
function model(weight: onnx.ITensorProto, bias: onnx.ITensorProto = { dataType: DataType.FLOAT, dims: [8], floatData: Array<number>(8).fill(0.5) }): Uint8Array {
  const value = (name: string): onnx.IValueInfoProto => ({ name, type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: [{ dimValue: 1 }, { dimValue: 4 }, { dimValue: 8 }] } } } });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "one-norm",
      node: [{ opType: "LayerNormalization", name: "ln", input: ["x", "ln.weight", "ln.bias"], output: ["y"] }],
      initializer: [{ ...weight, name: "ln.weight" }, { ...bias, name: "ln.bias" }],
      input: [value("x")],
      output: [value("y")],
    },
  }).finish();
}

const gains = Float32Array.from({ length: 8 }, (_, index) => index + 1);
const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);
const inline = (changes: onnx.ITensorProto = {}): onnx.ITensorProto => ({ dataType: DataType.FLOAT, dims: [8], rawData: bytesOf(gains), ...changes });

function external(entries: Readonly<Record<string, string>>, changes: onnx.ITensorProto = {}): onnx.ITensorProto {
  return { dataType: DataType.FLOAT, dims: [8], dataLocation: DataLocation.EXTERNAL, externalData: Object.entries(entries).map(([key, value]) => ({ key, value })), ...changes };
}

describe("weights of an ONNX graph", () => {
  test("that stand in its file are places in it", async () => {
    const path = await temporaryFile("model.onnx", model(inline()));
    const { tensors, graph, format } = await openCheckpoint(path);
    const weight = tensors.get("ln.weight")!;
    expect(format).toBe("onnx");
    expect(weight).toMatchObject({ dtype: "F32", shape: [8], length: 32 });
    expect(new Uint8Array(await readFile(weight.file)).slice(weight.offset, weight.offset + 32)).toEqual(bytesOf(gains));
    expect(await readTensor(weight)).toEqual(gains);
    expect(graph!.model.graph!.initializer!.find(({ name }) => name === "ln.weight")).not.toHaveProperty("rawData");
  });

  test("that stand beside it are places there", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "data"));
    await writeFile(join(folder, "data/weights.bin"), Buffer.concat([Buffer.alloc(4096), bytesOf(gains)]));
    await writeFile(join(folder, "model.onnx"), model(external({ location: "data/weights.bin", offset: "4096" })));
    const weight = (await openCheckpoint(join(folder, "model.onnx"))).tensors.get("ln.weight")!;
    expect(await readTensor(weight)).toEqual(gains);
  });

  test("that stand in Constant nodes are weights too", async () => {
    const { graph } = onnx.ModelProto.decode(model(inline()));
    const [weight, bias] = graph!.initializer!;
    const constant: onnx.INodeProto = { opType: "Constant", output: ["ln.weight"], attribute: [{ name: "value", type: onnx.AttributeProto.AttributeType.TENSOR, t: { ...weight, name: "" } }] };
    const moved = onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph: { ...graph, node: [constant, ...graph!.node!], initializer: [bias!] } }).finish();
    const path = await temporaryFile("model.onnx", moved);
    expect(await readTensor((await openCheckpoint(path)).tensors.get("ln.weight")!)).toEqual(gains);
  });

  test("are told of by inspect", async () => {
    const inspection = await inspectCheckpoint(exported);
    expect(inspection).toMatchObject({ family: "onnx", format: "onnx", architecture: "main_graph", width: 8, depth: 2, isLanguageModel: true });
    expect(inspection.norms.map(({ name, role, depth, channels }) => [name, role, depth, channels])).toEqual([
      ["h.0.ln_1", "attention", 0, 8],
      ["h.0.ln_2", "ffn", 0, 8],
      ["h.1.ln_1", "attention", 1, 8],
      ["h.1.ln_2", "ffn", 1, 8],
      ["ln_f", "final", 2, 8],
    ]);
  });
});

describe("an ONNX file is recognised", () => {
  test("by its content, whatever its name", async () => {
    const folder = await temporaryFolder();
    await copyFile(exported, join(folder, "anything"));
    expect((await openCheckpoint(join(folder, "anything"))).format).toBe("onnx");
  });
});

describe("a hostile or damaged ONNX file is refused", () => {
  const outside = ["../secret.bin", "/etc/hostname", "data/../../secret.bin", "a\0b"];
  test.each(outside)("with external data at %j", async (location) => {
    const path = await temporaryFile("model.onnx", model(external({ location })));
    expect(await refusal(openCheckpoint(path))).toContain("outside the model's folder");
  });

  test.each([
    ["no place", external({ offset: "0" }), "without a place"],
    ["a negative offset", external({ location: "w.bin", offset: "-8" }), "at an offset that is no whole number"],
    ["an endless length", external({ location: "w.bin", length: "1e9" }), "of a length that is no whole number"],
    ["an end beyond its file", external({ location: "w.bin", offset: "64" }), "ends at byte 96"],
    ["a length that does not fit its shape", external({ location: "w.bin", length: "16" }), "has 16 bytes where 32 are needed"],
    ["a shape beyond any file", external({ location: "w.bin" }, { dims: [2 ** 40, 2 ** 40] }), "too large for any file"],
    ["a type without a name", external({ location: "w.bin" }, { dataType: DataType.STRING }), "of a type that NormLens can't read"],
    ["a negative shape", inline({ dims: [-8] }), "no list of whole numbers"],
    ["fewer bytes than its shape says", inline({ dims: [9] }), "has 32 bytes where 36 are needed"],
  ])("with a tensor of %s", async (_, tensor, reason) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "w.bin"), Buffer.alloc(64));
    await writeFile(join(folder, "model.onnx"), model(tensor));
    expect(await refusal(openCheckpoint(join(folder, "model.onnx")))).toContain(reason);
  });

  test("with external data that are missing", async () => {
    const path = await temporaryFile("model.onnx", model(external({ location: "w.bin" })));
    await expect(openCheckpoint(path)).rejects.toThrow(/w\.bin: there is no such file/);
  });

  test.each([
    ["empty", new Uint8Array(0), "is empty"],
    ["no protobuf", Buffer.from("This is no model at all."), "is no ONNX model or is damaged"],
    ["without a graph", onnx.ModelProto.encode({ irVersion: 8 }).finish(), "holds no ONNX graph"],
  ])("that is %s", async (_, bytes, reason) => {
    expect(await refusal(openCheckpoint(await temporaryFile("model.onnx", bytes)))).toContain(reason);
  });

  test("that is cut short at any byte, or has any byte changed, by nothing but a refusal", async () => {
    const bytes = model(inline());
    for (let length = 1; length < bytes.length; length += 3) {
      const path = await temporaryFile("model.onnx", bytes.slice(0, length));
      await inspectCheckpoint(path).catch((error: unknown) => { expect((error as Error).name).toBe("UserError"); });
    }
    for (let place = 0; place < bytes.length; place += 2) {
      const changed = bytes.slice();
      changed[place]! ^= 0xff;
      const path = await temporaryFile("model.onnx", changed);
      await inspectCheckpoint(path).catch((error: unknown) => { expect((error as Error).name).toBe("UserError"); });
    }
  });

  test("that is nested deeper than any graph", async () => {
    let node: Uint8Array = Buffer.from([0x22, 0]);
    const field = (tag: number, content: Uint8Array): Uint8Array => {
      const length: number[] = [];
      for (let rest = content.length; ; rest >>>= 7) {
        length.push(rest > 127 ? (rest & 127) | 128 : rest);
        if (rest <= 127) break;
      }
      return Buffer.concat([Buffer.from([tag]), Buffer.from(length), content]);
    };
    // node { attribute { g { node { ... */
    for (let depth = 0; depth < 3000; depth++) node = field(0x2a, field(0x32, field(0x0a, node)));
    const bytes = Buffer.concat([Buffer.from([0x08, 8]), field(0x3a, field(0x0a, node))]);
    expect(await refusal(openCheckpoint(await temporaryFile("model.onnx", bytes)))).toContain("is no ONNX model or is damaged");
  });

  test("that is larger than protobuf allows, before it is read", async () => {
    const path = await temporaryFile("model.onnx", model(inline()));
    await truncate(path, 3 * 2 ** 30);
    expect(await refusal(openCheckpoint(path))).toContain("more than the 2147483647 that an ONNX file may have");
  });

  test("but links that the user made are followed, as those of a download cache", async () => {
    const [folder, blobs] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(blobs, "blob"), bytesOf(gains));
    await symlink(join(blobs, "blob"), join(folder, "w.bin"));
    await writeFile(join(folder, "model.onnx"), model(external({ location: "w.bin" })));
    expect(await readTensor((await openCheckpoint(join(folder, "model.onnx"))).tensors.get("ln.weight")!)).toEqual(gains);
  });
});
