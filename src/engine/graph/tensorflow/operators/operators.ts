import type { Translations } from "../node";
import { batchNorms } from "./batch-norms";
import { convolutions } from "./convolutions";
import { creation } from "./creation";
import { elementwise } from "./elementwise";
import { identities } from "./identities";
import { movements } from "./movements";
import { products } from "./products";
import { reductions } from "./reductions";
import { resizes } from "./resizes";

/** Every operator of TensorFlow that is translated; a new one is one entry in a file of its kind. */
export const translations: Translations = { ...elementwise, ...movements, ...creation, ...reductions, ...products, ...convolutions, ...resizes, ...batchNorms, ...identities };
