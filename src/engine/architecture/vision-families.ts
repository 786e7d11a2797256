import type { Family } from "./architecture";
import { deit } from "./deit";
import { vit } from "./vit";
import { vitMae } from "./vit-mae";

/** Families that take images. */
export const visionFamilies: readonly Family[] = [deit, vit, vitMae];
