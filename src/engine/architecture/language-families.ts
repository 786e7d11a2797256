import { albert } from "./albert";
import type { Family } from "./architecture";
import { bart } from "./bart";
import { bert } from "./bert";
import { bloom } from "./bloom";
import { caduceus } from "./caduceus";
import { cohere } from "./cohere";
import { deberta } from "./deberta";
import { deepseek } from "./deepseek";
import { distilbert } from "./distilbert";
import { electra } from "./electra";
import { falcon } from "./falcon";
import { gemma } from "./gemma";
import { glm } from "./glm";
import { gptBigcode } from "./gpt-bigcode";
import { gptNeo } from "./gpt-neo";
import { gptNeox } from "./gpt-neox";
import { gptOss } from "./gpt-oss";
import { gpt2 } from "./gpt2";
import { gptj } from "./gptj";
import { granite } from "./granite";
import { hyenaDna } from "./hyena";
import { llama } from "./llama";
import { mamba } from "./mamba";
import { mistral } from "./mistral";
import { mixtral } from "./mixtral";
import { modernbert } from "./modernbert";
import { mpnet } from "./mpnet";
import { nemotron } from "./nemotron";
import { olmo } from "./olmo";
import { opt } from "./opt";
import { phi } from "./phi";
import { phi3 } from "./phi3";
import { qwen } from "./qwen";
import { retsim } from "./retsim";
import { roberta } from "./roberta";
import { smollm3 } from "./smollm3";
import { stablelm } from "./stablelm";
import { starcoder2 } from "./starcoder2";
import { t5 } from "./t5";

/** Families that read text. */
export const languageFamilies: readonly Family[] = [
  ...[gpt2, gptBigcode, gptNeo, gptj, gptNeox, opt, bloom, falcon, phi],
  ...[llama, mistral, mixtral, qwen, gemma, olmo, phi3, starcoder2, stablelm, granite, smollm3, cohere, nemotron, glm, deepseek, gptOss],
  ...[mamba, hyenaDna, caduceus],
  ...[t5, bart, albert, bert, roberta, deberta, electra, distilbert, mpnet, modernbert],
  retsim,
];
