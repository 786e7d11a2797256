import { UserError } from "../../shared/errors";
import type { Checkpoint } from "../checkpoint/checkpoint";
import type { Architecture, Family } from "./architecture";
import { oddNames, withOfficialNames } from "./element-wise-names";
import { graphArchitecture, graphFamily } from "./graph";
import { languageFamilies } from "./language-families";
import { speechFamilies } from "./speech-families";
import { visionFamilies } from "./vision-families";
import { languageModelOf } from "./vision-language";
import { Weights } from "./weights";

/** Every known family; a checkpoint without a telling configuration is of the first that recognises its tensors. */
export const families: readonly Family[] = [...languageFamilies, ...visionFamilies, ...speechFamilies];

/** A checkpoint as an architecture of its family. */
export interface RecognisedModel {
  readonly family: string;
  readonly architecture: Architecture;
}

/**
 * Finds the family, from config.json's model_type or else from the tensors' names, and builds the architecture.
 * @throws UserError for a family that is not known, and for tensors or fields that do not fit.
 */
export function recogniseModel(stored: Checkpoint): RecognisedModel {
  if (stored.graph) return { family: graphFamily(stored), architecture: graphArchitecture(stored, stored.graph) };
  if (stored.tensors.size === 0) {
    throw new UserError(`${stored.path} holds no tensors; there is nothing to analyse.`);
  }
  if (stored.format === "hdf5" && !stored.config) {
    throw new UserError(`${stored.path} holds weights alone, and nothing says of what model; put the config.json that was saved with them beside them (that of a Keras model stands in its .keras archive).`);
  }
  const { checkpoint, assumptions } = languageModelOf(withOfficialNames(stored));
  const config = checkpoint.config ?? {};
  const modelType = config["model_type"];
  const family =
    typeof modelType === "string"
      ? families.find((known) => known.modelTypes.includes(modelType))
      : families.find((known) => known.recognises(checkpoint));
  if (!family) throw unknownFamily(checkpoint, modelType);
  const architecture = family.build(new Weights(checkpoint), config);
  return { family: family.name, architecture: { ...architecture, assumptions: [...assumptions, ...architecture.assumptions, ...oddNames(stored)] } };
}

function unknownFamily(checkpoint: Checkpoint, modelType: unknown): UserError {
  const what = typeof modelType === "string" ? `is of the family "${modelType}", which NormLens does not know yet` : "is of no family that NormLens knows";
  const known = families.map((family) => family.name).join(", ");
  return new UserError(
    `${checkpoint.path} ${what} (known: ${known}); record its norm inputs where it runs, in a capture file (docs/capture.md), and run "normlens fit" on that.`,
  );
}
