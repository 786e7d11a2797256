import { albert } from "./albert";
import type { Family } from "./architecture";
import { bert } from "./bert";
import { bloom } from "./bloom";
import { falcon } from "./falcon";
import { gemma } from "./gemma";
import { gptNeox } from "./gpt-neox";
import { gpt2 } from "./gpt2";
import { llama } from "./llama";
import { mistral } from "./mistral";
import { mixtral } from "./mixtral";
import { olmo } from "./olmo";
import { opt } from "./opt";
import { phi } from "./phi";
import { phi3 } from "./phi3";
import { qwen } from "./qwen";

/** Families that read text. */
export const languageFamilies: readonly Family[] = [gpt2, llama, mistral, mixtral, qwen, gemma, olmo, phi, phi3, gptNeox, opt, bloom, falcon, albert, bert];
