import { albert } from "./albert";
import type { Family } from "./architecture";
import { bert } from "./bert";
import { bloom } from "./bloom";
import { distilbert } from "./distilbert";
import { falcon } from "./falcon";
import { gemma } from "./gemma";
import { gptNeox } from "./gpt-neox";
import { gpt2 } from "./gpt2";
import { llama } from "./llama";
import { mistral } from "./mistral";
import { mixtral } from "./mixtral";
import { modernbert } from "./modernbert";
import { mpnet } from "./mpnet";
import { olmo } from "./olmo";
import { opt } from "./opt";
import { phi } from "./phi";
import { phi3 } from "./phi3";
import { qwen } from "./qwen";
import { roberta } from "./roberta";
import { t5 } from "./t5";

/** Families that read text. */
export const languageFamilies: readonly Family[] = [gpt2, llama, mistral, mixtral, qwen, gemma, olmo, phi, phi3, gptNeox, opt, bloom, falcon, t5, albert, bert, roberta, distilbert, mpnet, modernbert];
