import { albert } from "./albert";
import type { Family } from "./architecture";
import { bert } from "./bert";
import { gemma } from "./gemma";
import { gpt2 } from "./gpt2";
import { llama } from "./llama";
import { mistral } from "./mistral";
import { mixtral } from "./mixtral";
import { olmo } from "./olmo";
import { phi3 } from "./phi3";
import { qwen } from "./qwen";

/** Families that read text. */
export const languageFamilies: readonly Family[] = [gpt2, llama, mistral, mixtral, qwen, gemma, olmo, phi3, albert, bert];
