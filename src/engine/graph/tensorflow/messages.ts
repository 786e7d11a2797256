import { Root, type IType, type Type } from "protobufjs/light";

/** TensorFlow's number of an element type; those from 101 on are references to the types 100 below. */
export type DataTypeNumber = number;

/** A 64-bit integer, in decimal. */
export type Long = string;

/** tensorflow.TensorShapeProto: -1 is a size that varies. */
export interface TensorShape {
  readonly dim: readonly { readonly size?: Long; readonly name?: string }[];
  readonly unknownRank?: boolean;
}

/** tensorflow.TensorProto: elements as bytes, or as lists whose last one stands for all that follow. */
export interface TensorMessage {
  readonly dtype?: DataTypeNumber;
  readonly tensorShape?: TensorShape;
  readonly tensorContent?: Uint8Array;
  readonly floatVal: readonly number[];
  readonly doubleVal: readonly number[];
  readonly intVal: readonly number[];
  readonly int64Val: readonly Long[];
  readonly boolVal: readonly boolean[];
  readonly halfVal: readonly number[];
  readonly uint32Val: readonly number[];
  readonly uint64Val: readonly Long[];
  readonly stringVal: readonly Uint8Array[];
}

/** tensorflow.AttrValue */
export interface AttributeValue {
  readonly list?: { readonly s: readonly Uint8Array[]; readonly i: readonly Long[]; readonly f: readonly number[]; readonly type: readonly DataTypeNumber[] };
  readonly s?: Uint8Array;
  readonly i?: Long;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: DataTypeNumber;
  readonly shape?: TensorShape;
  readonly tensor?: TensorMessage;
  readonly func?: { readonly name?: string };
}

/** tensorflow.NodeDef */
export interface NodeMessage {
  readonly name?: string;
  readonly op?: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, AttributeValue>>;
}

/** tensorflow.FunctionDef */
export interface FunctionMessage {
  readonly signature?: { readonly name?: string; readonly inputArg: readonly { readonly name?: string }[]; readonly outputArg: readonly { readonly name?: string }[] };
  readonly nodeDef: readonly NodeMessage[];
  /** Output argument to value of a node. */
  readonly ret: Readonly<Record<string, string>>;
}

/** tensorflow.GraphDef */
export interface GraphMessage {
  readonly node: readonly NodeMessage[];
  readonly library?: { readonly function: readonly FunctionMessage[] };
}

/** tensorflow.TensorInfo */
export interface TensorInfo {
  readonly name?: string;
  readonly dtype?: DataTypeNumber;
  readonly tensorShape?: TensorShape;
}

/** tensorflow.SignatureDef */
export interface Signature {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
}

/** tensorflow.MetaGraphDef */
export interface MetaGraph {
  readonly metaInfoDef?: { readonly tags: readonly string[] };
  readonly graphDef?: GraphMessage;
  readonly saverDef?: { readonly restoreOpName?: string };
  readonly signatureDef: Readonly<Record<string, Signature>>;
}

/** tensorflow.SavedModel */
export interface SavedModelMessage {
  readonly metaGraphs: readonly MetaGraph[];
}

/** tensorflow.BundleHeaderProto */
export interface BundleHeader {
  readonly numShards?: number;
  /** 0 for little-endian, 1 for big-endian. */
  readonly endianness?: number;
}

/** tensorflow.BundleEntryProto: where a tensor lies in a shard. */
export interface BundleEntry {
  readonly dtype?: DataTypeNumber;
  readonly shape?: TensorShape;
  readonly shardId?: number;
  readonly offset?: Long;
  readonly size?: Long;
  /** There where the entry is a tensor cut in pieces, which have entries of their own. */
  readonly slices: readonly unknown[];
}

const one = (id: number, type: string) => ({ id, type });
const many = (id: number, type: string) => ({ id, type, rule: "repeated" });
const map = (id: number, type: string) => ({ id, type, keyType: "string" });

/** Field numbers as in TensorFlow's .proto files, of what is read; a reader of protobuf passes over all other fields. */
const messages: Readonly<Record<string, IType["fields"]>> = {
  Dimension: { size: one(1, "int64"), name: one(2, "string") },
  TensorShape: { dim: many(2, "Dimension"), unknownRank: one(3, "bool") },
  Tensor: {
    dtype: one(1, "DataType"),
    tensorShape: one(2, "TensorShape"),
    tensorContent: one(4, "bytes"),
    floatVal: many(5, "float"),
    doubleVal: many(6, "double"),
    intVal: many(7, "int32"),
    stringVal: many(8, "bytes"),
    int64Val: many(10, "int64"),
    boolVal: many(11, "bool"),
    halfVal: many(13, "int32"),
    uint32Val: many(16, "uint32"),
    uint64Val: many(17, "uint64"),
  },
  AttributeList: { s: many(2, "bytes"), i: many(3, "int64"), f: many(4, "float"), type: many(6, "DataType") },
  FunctionName: { name: one(1, "string") },
  Attribute: {
    list: one(1, "AttributeList"),
    s: one(2, "bytes"),
    i: one(3, "int64"),
    f: one(4, "float"),
    b: one(5, "bool"),
    type: one(6, "DataType"),
    shape: one(7, "TensorShape"),
    tensor: one(8, "Tensor"),
    func: one(10, "FunctionName"),
  },
  Node: { name: one(1, "string"), op: one(2, "string"), input: many(3, "string"), attr: map(5, "Attribute") },
  Argument: { name: one(1, "string") },
  FunctionSignature: { name: one(1, "string"), inputArg: many(2, "Argument"), outputArg: many(3, "Argument") },
  Function: { signature: one(1, "FunctionSignature"), nodeDef: many(3, "Node"), ret: map(4, "string") },
  Library: { function: many(1, "Function") },
  Graph: { node: many(1, "Node"), library: one(2, "Library") },
  TensorInfo: { name: one(1, "string"), dtype: one(2, "DataType"), tensorShape: one(3, "TensorShape") },
  Signature: { inputs: map(1, "TensorInfo"), outputs: map(2, "TensorInfo") },
  MetaInfo: { tags: many(4, "string") },
  Saver: { restoreOpName: one(3, "string") },
  MetaGraph: { metaInfoDef: one(1, "MetaInfo"), graphDef: one(2, "Graph"), saverDef: one(3, "Saver"), signatureDef: map(5, "Signature") },
  SavedModel: { metaGraphs: many(2, "MetaGraph") },
  BundleHeader: { numShards: one(1, "int32"), endianness: one(2, "int32") },
  Slice: {},
  BundleEntry: { dtype: one(1, "DataType"), shape: one(2, "TensorShape"), shardId: one(3, "int32"), offset: one(4, "int64"), size: one(5, "int64"), slices: many(7, "Slice") },
};

/** TensorFlow's element types by name, as JSON may spell them. */
export const dataTypes = {
  DT_FLOAT: 1,
  DT_DOUBLE: 2,
  DT_INT32: 3,
  DT_UINT8: 4,
  DT_INT16: 5,
  DT_INT8: 6,
  DT_STRING: 7,
  DT_COMPLEX64: 8,
  DT_INT64: 9,
  DT_BOOL: 10,
  DT_BFLOAT16: 14,
  DT_UINT16: 17,
  DT_HALF: 19,
  DT_RESOURCE: 20,
  DT_VARIANT: 21,
  DT_UINT32: 22,
  DT_UINT64: 23,
} as const;

const root = Root.fromJSON({
  nested: { DataType: { values: { DT_INVALID: 0, ...dataTypes } }, ...Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { fields }])) },
});

/** Reads one kind of message, whose fields are as its interface says: protobufjs checks them. */
interface Reader<Message> {
  /** From protobuf's bytes, of which tensors keep views. @throws where they are damaged. */
  decode(bytes: Uint8Array): Message;
  /** From protobuf's JSON. @throws where it is not of this kind. */
  fromJson(json: object): Message;
}

function reader<Message>(name: string): Reader<Message> {
  const type: Type = root.lookupType(name);
  const decode = (bytes: Uint8Array): Message => type.toObject(type.decode(bytes), { longs: String, arrays: true, objects: true }) as unknown as Message;
  // JSON spells bytes in several ways, protobuf in one.
  return { decode, fromJson: (json) => decode(type.encode(type.fromObject(json)).finish()) };
}

/** tensorflow.SavedModel, the content of saved_model.pb. */
export const savedModelMessage = reader<SavedModelMessage>("SavedModel");

/** tensorflow.GraphDef, the modelTopology of TensorFlow.js. */
export const graphMessage = reader<GraphMessage>("Graph");

/** tensorflow.SignatureDef, as TensorFlow.js keeps it beside the graph. */
export const signatureMessage = reader<Signature>("Signature");

/** tensorflow.BundleHeaderProto */
export const bundleHeader = reader<BundleHeader>("BundleHeader");

/** tensorflow.BundleEntryProto */
export const bundleEntry = reader<BundleEntry>("BundleEntry");
