import type { Family } from "./architecture";
import { beit } from "./beit";
import { clip, siglip } from "./clip";
import { convnext } from "./convnext";
import { deit } from "./deit";
import { dinov2 } from "./dinov2";
import { dinov3 } from "./dinov3";
import { dit } from "./dit";
import { eva } from "./eva";
import { swin } from "./swin";
import { vit } from "./vit";
import { vitMae } from "./vit-mae";

/** Families that take images. */
export const visionFamilies: readonly Family[] = [clip, siglip, beit, deit, dinov2, dinov3, swin, convnext, dit, eva, vit, vitMae];
