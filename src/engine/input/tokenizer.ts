import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { messageOf, UserError } from "../../shared/errors";
import type { EmbeddedTokenizer } from "../checkpoint/checkpoint";
import { isJsonObject, type JsonObject } from "../checkpoint/json";
import { exists, readJson } from "./files";

/** A checkpoint's own tokenizer. */
export interface CheckpointTokenizer {
  /** Token ids of a text, without special tokens around it; special tokens spelt out in the text are recognised. */
  encode(text: string): number[];
  /** Ids that the tokenizer puts before every sequence: BOS, [CLS]; often none. */
  readonly prefix: readonly number[];
  /** Ids that it puts after every sequence: EOS, [SEP]; often none. */
  readonly suffix: readonly number[];
  /** Id that stands for text outside the vocabulary; absent where there is none, as in byte-level vocabularies. */
  readonly unknownId?: number;
  /** 1 + the highest id of the vocabulary itself, added tokens aside (these often stand beyond the model's embedding, unused). */
  readonly vocabularySize: number;
}

/** Parts that tokenizer.json may leave out; the library wants them all. */
const emptyParts = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };

/** Whether the checkpoint or its folder has a tokenizer that can be read. */
export async function hasTokenizer(folder: string, embedded?: EmbeddedTokenizer): Promise<boolean> {
  return embedded !== undefined || exists(join(folder, "tokenizer.json"));
}

/**
 * The tokenizer of tokenizer.json, else the one in the checkpoint's own file. tokenizer_config.json may be missing: without it text is neither trimmed nor lower-cased
 * beyond what tokenizer.json itself says, which is how every current tokenizer is written.
 * Special tokens are those of tokenizer.json's post-processor.
 * @throws UserError where tokenizer.json is missing, damaged or of a kind that is not supported.
 */
export async function loadTokenizer(folder: string, embedded?: EmbeddedTokenizer): Promise<CheckpointTokenizer> {
  const path = join(folder, "tokenizer.json");
  if (!(await exists(path))) {
    if (embedded) return usable(embedded.path, embedded.definition, {});
    throw new UserError(`${folder} has no tokenizer.json: copy the model's tokenizer there, or give token ids instead of text.`);
  }
  const definition = await readJson(path);
  if (!isJsonObject(definition) || !isJsonObject(definition["model"])) {
    throw new UserError(`${path} is not a tokenizer of the tokenizers library: copy the model's own tokenizer.json there, or give token ids.`);
  }
  return usable(path, () => definition, await readConfig(folder));
}

function usable(path: string, definition: () => JsonObject, config: JsonObject): CheckpointTokenizer {
  try {
    return describe(new Tokenizer({ ...emptyParts, ...definition() }, config));
  } catch (error) {
    throw new UserError(`${path} cannot be used as a tokenizer (${messageOf(error)}): tokenise with the model's own library and give token ids.`);
  }
}

async function readConfig(folder: string): Promise<JsonObject> {
  const path = join(folder, "tokenizer_config.json");
  if (!(await exists(path))) return {};
  const config = await readJson(path);
  if (!isJsonObject(config)) throw new UserError(`${path} is not a JSON object: copy the model's own file there, or remove it.`);
  return config;
}

function describe(tokenizer: Tokenizer): CheckpointTokenizer {
  const unknownId = tokenizer.model?.unk_token_id;
  const ids = [...tokenizer.get_vocab(false).values()];
  return {
    // A character that neither the vocabulary nor an unknown token covers has no id: it is dropped, as the reference library does.
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids.filter(Number.isInteger),
    ...specialTokens(tokenizer),
    ...(unknownId === undefined ? {} : { unknownId }),
    vocabularySize: ids.reduce((size, id) => Math.max(size, id + 1), 0),
  };
}

/** Text of which some part is in every vocabulary. */
const probe = "Aa0";

/** What the tokenizer adds around a sequence, found by encoding one with and without it. */
function specialTokens(tokenizer: Tokenizer): { prefix: number[]; suffix: number[] } {
  const plain = tokenizer.encode(probe, { add_special_tokens: false }).ids;
  const framed = tokenizer.encode(probe).ids;
  const start = framed.findIndex((_, index) => plain.every((id, offset) => framed[index + offset] === id));
  if (start < 0) throw new Error("text cannot be told apart from the special tokens around it");
  return { prefix: framed.slice(0, start), suffix: framed.slice(start + plain.length) };
}
