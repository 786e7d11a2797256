import { basename } from "node:path";
import { expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import type { Checkpoint, TensorReference } from "../../../src/engine/checkpoint/checkpoint";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { writeStages } from "../../../src/engine/forward";
import { viewOf } from "../../../src/engine/graph/find/view";
import { surveyNorms, type SurveyedNorm } from "../../../src/engine/survey";
import { UserError } from "../../../src/shared/errors";
import { goldenCases } from "../golden";

/** What a norm's parameters are called. */
const parameters = ["weight", "bias", "gamma", "beta", "scale"];

function normsOf(checkpoint: Checkpoint): SurveyedNorm[] {
  return [...surveyNorms(writeStages(recogniseModel(checkpoint).architecture.stages)).values()];
}

/** The checkpoint with the parameters of DyT in the place of its norms', but for group norms. What these hold does not matter. */
function replaced(checkpoint: Checkpoint, parts: readonly string[]): Checkpoint {
  const tensors = new Map(checkpoint.tensors);
  const some = [...tensors.values()].find(({ dtype }) => dtype !== "I64")!;
  const { width } = recogniseModel(checkpoint).architecture;
  for (const { node, graph } of normsOf(checkpoint)) {
    if (node.kind === "groupnorm" || node.trained) continue;
    const gains = viewOf(graph).constants.size(node.gain!)!;
    const channels = gains === 1 ? width : gains;
    for (const name of parameters) tensors.delete(`${node.name}.${name}`);
    for (const part of parts) {
      const name = `${node.name}.${part}`;
      tensors.set(name, { ...some, name, shape: part === "alpha" ? [1] : [channels] } satisfies TensorReference);
    }
  }
  return { ...checkpoint, tensors };
}

test.each(goldenCases().map((folder) => [basename(folder), folder]))("%s is read with DyT in the place of its norms", async (_name, folder) => {
  const checkpoint = await openCheckpoint(folder);
  const places = normsOf(checkpoint).map(({ node: { name, role, depth } }) => ({ name, role, depth }));
  for (const parts of [["alpha", "weight", "bias"], ["alpha", "gamma"]]) {
    const norms = normsOf(replaced(checkpoint, parts));
    expect(norms.map(({ node: { name, role, depth } }) => ({ name, role, depth }))).toEqual(places);
    expect(norms.every(({ node }) => node.trained !== undefined || node.kind === "groupnorm")).toBe(true);
  }
});

test.each(goldenCases().map((folder) => [basename(folder), folder]))("%s with an alpha alone in their place is read whole, or refused", async (_name, folder) => {
  const checkpoint = await openCheckpoint(folder);
  const names = (norms: readonly SurveyedNorm[]): string[] => norms.map(({ node }) => node.name);
  try {
    expect(names(normsOf(replaced(checkpoint, ["alpha"])))).toEqual(names(normsOf(checkpoint)));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/ is missing; | is of no family that /);
  }
});
