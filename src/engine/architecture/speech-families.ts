import type { Family } from "./architecture";
import { wav2vec2 } from "./wav2vec2";
import { whisper } from "./whisper";

/** Families that take sound. */
export const speechFamilies: readonly Family[] = [wav2vec2, whisper];
