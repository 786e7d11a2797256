import type { GgufHeader, GgufValue } from "./gguf-header";
import type { JsonObject } from "./json";

type Metadata = GgufHeader["metadata"];

/** A vocabulary as the metadata list it, by id. */
interface Vocabulary {
  readonly metadata: Metadata;
  readonly tokens: readonly string[];
  /** llama.cpp's kinds of tokens. */
  readonly kinds: readonly number[];
}

/** Numbers of kinds of tokens (llama_token_type): those that are no text, and those that were added to the vocabulary. */
const control = 3;
const userDefined = 4;

/**
 * The tokenizer in a GGUF file's metadata, as tokenizer.json would state it; undefined where the file has none, or one of a kind that is not known.
 * What it is made of is read when it is asked for.
 */
export function tokenizerOf({ metadata }: GgufHeader): (() => JsonObject) | undefined {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  const kind = metadata.get("tokenizer.ggml.model");
  const write = typeof kind === "string" && Object.hasOwn(writers, kind) ? writers[kind] : undefined;
  if (!write || !isTexts(tokens) || (kind === "gpt2" && !splitting(metadata))) return undefined;
  const kinds = metadata.get("tokenizer.ggml.token_type");
  return () => write({ metadata, tokens, kinds: isNumbers(kinds) ? kinds : [] });
}

/** SentencePiece: pairs are joined in the order of the scores of what they give. */
function sentencePiece(vocabulary: Vocabulary): JsonObject {
  const { metadata, tokens } = vocabulary;
  const space = "▁";
  const unknown = tokens[numberOf(metadata, "unknown_token_id") ?? 0] ?? "<unk>";
  const prepend = metadata.get("tokenizer.ggml.add_space_prefix") === false ? [] : [{ type: "Prepend", prepend: space }];
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer: { type: "Sequence", normalizers: [...prepend, { type: "Replace", pattern: { String: " " }, content: space }] },
    post_processor: framing(vocabulary, { begin: true, end: false }),
    model: { type: "BPE", vocab: ids(tokens), merges: mergesByScore(vocabulary), unk_token: unknown, byte_fallback: true, fuse_unk: true },
  };
}

/** Longest token in letters that is made of others; the longest of models, which are rows of spaces, have a quarter of these. */
const longestJoined = 128;

/** Every pair of tokens that makes up a third, best scores first; of equal scores, lower ids first. */
function mergesByScore({ metadata, tokens }: Vocabulary): [string, string][] {
  const stated = metadata.get("tokenizer.ggml.scores");
  const scores = isNumbers(stated) ? stated : [];
  const known = new Map(tokens.map((token, id) => [token, id]));
  const pairs = tokens.flatMap((token, id) => {
    const letters = Array.from(token);
    if (letters.length > longestJoined) return [];
    const splits = letters.slice(1).map((_, index): [string, string] => [letters.slice(0, index + 1).join(""), letters.slice(index + 1).join("")]);
    const found = splits.filter(([left, right]) => known.has(left) && known.has(right));
    return found.map((pair) => ({ pair, score: scores[id] ?? 0, left: known.get(pair[0])!, right: known.get(pair[1])!, id }));
  });
  return pairs.sort((a, b) => b.score - a.score || a.id - b.id || a.left - b.left || a.right - b.right).map(({ pair }) => pair);
}

/** How text is cut before bytes are joined, as the models' own tokenizers state it. */
interface Splitting {
  readonly patterns: readonly string[];
  readonly normalizer?: JsonObject;
  /** Whether whole pieces that are tokens are taken as they are. */
  readonly wholeFirst?: boolean;
  /** Whether sequences begin with BOS unless the file says otherwise. */
  readonly begins?: boolean;
}

const gpt2Pattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

function wordsAndDigits(digits: string): string {
  return `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
}

const gpt2: Splitting = { patterns: [gpt2Pattern] };
const llama3: Splitting = { patterns: [wordsAndDigits("\\p{N}{1,3}")], wholeFirst: true, begins: true };
const singleDigits: Splitting = { patterns: ["\\p{N}", gpt2Pattern] };

/** By tokenizer.ggml.pre. */
const splittings: Readonly<Record<string, Splitting>> = {
  "gpt-2": gpt2,
  "phi-2": gpt2,
  mpt: gpt2,
  olmo: gpt2,
  starcoder: singleDigits,
  refact: singleDigits,
  smollm: singleDigits,
  "llama-bpe": llama3,
  llama3,
  "llama-v3": llama3,
  qwen2: { patterns: [wordsAndDigits("\\p{N}")], normalizer: { type: "NFC" } },
};

/** Files from before there was such an entry are GPT-2's. */
function splitting(metadata: Metadata): Splitting | undefined {
  const name = metadata.get("tokenizer.ggml.pre") ?? "gpt-2";
  return typeof name === "string" && Object.hasOwn(splittings, name) ? splittings[name] : undefined;
}

/** Byte-level BPE: tokens and merges are spelled as in tokenizer.json. */
function byteLevel(vocabulary: Vocabulary): JsonObject {
  const { metadata, tokens } = vocabulary;
  const { patterns, normalizer = null, wholeFirst = false, begins = false } = splitting(metadata)!;
  const merges = metadata.get("tokenizer.ggml.merges");
  const cuts = patterns.map((Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false }));
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer,
    pre_tokenizer: { type: "Sequence", pretokenizers: [...cuts, { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false }] },
    post_processor: framing(vocabulary, { begin: begins, end: false }),
    model: { type: "BPE", vocab: ids(tokens), merges: isTexts(merges) ? merges.map(pairOf) : [], ignore_merges: wholeFirst },
  };
}

function pairOf(merge: string): string[] {
  const space = merge.indexOf(" ", 1);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

/** WordPiece: in GGUF the beginnings of words are marked, in tokenizer.json what goes on in a word. */
function wordPiece(vocabulary: Vocabulary): JsonObject {
  const { metadata, tokens } = vocabulary;
  const spelled = tokens.map((token) => (/^\[.*\]$/.test(token) ? token : token.startsWith("▁") ? token.slice(1) : `##${token}`));
  const begin = numberOf(metadata, "cls_token_id") ?? numberOf(metadata, "bos_token_id") ?? spelled.indexOf("[CLS]");
  const end = numberOf(metadata, "seperator_token_id") ?? numberOf(metadata, "eos_token_id") ?? spelled.indexOf("[SEP]");
  const unknown = spelled[numberOf(metadata, "unknown_token_id") ?? spelled.indexOf("[UNK]")] ?? "[UNK]";
  const isCased = spelled.some((token) => !/^\[.*\]$/.test(token) && /\p{Lu}/u.test(token));
  return {
    added_tokens: addedTokens({ ...vocabulary, tokens: spelled }),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: !isCased },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: template(spelled, [begin], [end]),
    model: { type: "WordPiece", vocab: ids(spelled), unk_token: unknown, continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
  };
}

/** By tokenizer.ggml.model. */
const writers: Readonly<Record<string, (vocabulary: Vocabulary) => JsonObject>> = { llama: sentencePiece, gpt2: byteLevel, bert: wordPiece };

function addedTokens({ tokens, kinds }: Vocabulary): JsonObject[] {
  return tokens.flatMap((content, id): JsonObject[] => {
    const kind = kinds[id];
    if (kind !== control && kind !== userDefined) return [];
    return [{ id, content, special: kind === control, single_word: false, lstrip: false, rstrip: false, normalized: false }];
  });
}

/** BOS and EOS, where the file or the kind of tokenizer says that they stand around a sequence. */
function framing({ metadata, tokens }: Vocabulary, usual: { readonly begin: boolean; readonly end: boolean }): JsonObject | null {
  const adds = (which: string, otherwise: boolean): readonly number[] => {
    const id = numberOf(metadata, `${which}_token_id`);
    const stated = metadata.get(`tokenizer.ggml.add_${which}_token`) ?? otherwise;
    return stated === true && id !== undefined ? [id] : [];
  };
  return template(tokens, adds("bos", usual.begin), adds("eos", usual.end));
}

function template(tokens: readonly string[], before: readonly number[], after: readonly number[]): JsonObject | null {
  const special = [...before, ...after].filter((id) => tokens[id] !== undefined);
  if (special.length === 0) return null;
  const named = (list: readonly number[]): JsonObject[] => list.filter((id) => tokens[id] !== undefined).map((id) => ({ SpecialToken: { id: tokens[id]!, type_id: 0 } }));
  return {
    type: "TemplateProcessing",
    single: [...named(before), { Sequence: { id: "A", type_id: 0 } }, ...named(after)],
    special_tokens: Object.fromEntries(special.map((id) => [tokens[id]!, { id: tokens[id]!, ids: [id], tokens: [tokens[id]!] }])),
  };
}

function ids(tokens: readonly string[]): JsonObject {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

function numberOf(metadata: Metadata, field: string): number | undefined {
  const value = metadata.get(`tokenizer.ggml.${field}`);
  return typeof value === "number" ? value : undefined;
}

function isTexts(value: GgufValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isNumbers(value: GgufValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}
