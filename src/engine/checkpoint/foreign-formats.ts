import { extname } from "node:path";

/** Something that is no checkpoint of a format that is read, though a user may hand it over as one. */
interface ForeignFormat {
  /** With its article, to follow "is". */
  readonly name: string;
  /** What to do instead. */
  readonly advice: string;
  readonly extensions: readonly string[];
  /** What its files are called, where their ending is another format's. */
  readonly called?: RegExp;
  /** Whether a file that begins so is one of these. */
  begins(bytes: Uint8Array): boolean;
}

const convertTorch = "load it with PyTorch and save it as safetensors (transformers: save_pretrained, timm and others: safetensors.torch.save_file)";
const convert = "convert it to safetensors";
/** What to do with a TensorFlow checkpoint in shards. */
export const tensorflowInOneFile = 'save it so (save_pretrained with max_shard_size="1TB"), or as safetensors';

const foreignFormats: readonly ForeignFormat[] = [
  {
    name: "a Git LFS pointer, not the weights themselves",
    advice: "run `git lfs pull` in its folder",
    extensions: [],
    begins: startsWith("version https://git-lfs"),
  },
  {
    name: "a web page",
    advice: "download the file itself, not the page that shows it",
    extensions: [".html", ".htm"],
    begins: (bytes) => /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(latin1(bytes)),
  },
  {
    name: "a part of a distributed checkpoint of PyTorch",
    advice: "join its parts (python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER model.pt) and name the outcome",
    extensions: [".distcp"],
    begins: never,
  },
  {
    name: "a shard of the weights of a TensorFlow.js model",
    advice: "get the model.json that belongs to it and name that",
    extensions: [],
    called: /(^|[\\/])group\d+-shard\d+of\d+(\.bin)?$/,
    begins: never,
  },
  {
    name: "the index of a TensorFlow checkpoint in shards, which NormLens reads in one file alone",
    advice: tensorflowInOneFile,
    extensions: [],
    called: /\.h5\.index\.json$/,
    begins: never,
  },
  {
    name: "called like a PyTorch checkpoint, but torch.save did not write it",
    advice: "check that it is the right file or get it again",
    extensions: [".bin", ".pt", ".pth", ".ckpt"],
    begins: never,
  },
  {
    name: "called like a GGUF checkpoint, but is none",
    advice: "check that it is the right file or get it again",
    extensions: [".gguf", ".ggml"],
    begins: never,
  },
  { name: "a Python pickle that torch.save did not write", advice: convertTorch, extensions: [".pkl", ".pickle"], begins: startsWithPickle },
  {
    name: "a part of a TensorFlow SavedModel or checkpoint",
    advice: "name the folder that holds saved_model.pb; a checkpoint without its graph is saved with it (tf.saved_model.save)",
    extensions: [".pb", ".index"],
    begins: never,
  },
  { name: "a TensorFlow Lite model", advice: "convert it to ONNX, which NormLens reads (python -m tf2onnx.convert --tflite FILE --output model.onnx)", extensions: [".tflite"], begins: never },
  { name: "a Keras checkpoint (HDF5)", advice: "give its name the ending .h5", extensions: [], begins: startsWith("\x89HDF") },
  { name: "called like a Keras model or checkpoint, but is none", advice: "check that it is the right file or get it again", extensions: [".h5", ".hdf5", ".keras"], begins: never },
  { name: "called like a Flax checkpoint, but is none", advice: "check that it is the right file or get it again", extensions: [".msgpack"], begins: never },
  { name: "a NumPy file, which is no checkpoint", advice: convert, extensions: [".npy", ".npz"], begins: startsWith("\x93NUMPY") },
  { name: "a compressed archive", advice: "unpack it and name the folder", extensions: [".gz", ".xz", ".zst", ".tar", ".tgz"], begins: startsWith("\x1f\x8b") },
];

/** How many bytes of a file's beginning {@link foreignContent} wants to see. */
export const tellingBytes = 512;

/** "a web page; download the file itself ..." for a file that begins with these bytes; undefined where they are none of the known kinds. */
export function foreignContent(beginning: Uint8Array): string | undefined {
  return describe(foreignFormats.find((format) => format.begins(beginning)));
}

/** As {@link foreignContent}, judged by the ending of a file's name. */
export function foreignName(path: string): string | undefined {
  const extension = extname(path).toLowerCase();
  return describe(foreignFormats.find((format) => format.extensions.includes(extension) || format.called?.test(path)));
}

function describe(format: ForeignFormat | undefined): string | undefined {
  return format && `${format.name}; ${format.advice}`;
}

function startsWith(magic: string): (bytes: Uint8Array) => boolean {
  return (bytes) => latin1(bytes.subarray(0, magic.length)) === magic;
}

/** As protocol 2 and later begin. */
function startsWithPickle(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && bytes[1] !== undefined && bytes[1] >= 2 && bytes[1] <= 5;
}

function never(): boolean {
  return false;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
