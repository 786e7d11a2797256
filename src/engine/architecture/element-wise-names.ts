import type { Checkpoint, TensorReference } from "../checkpoint/checkpoint";

/** What a parameter of an element-wise layer is called here, and in x-transformers and Liger. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  alpha: ["alpha", "pre_tanh_scale"],
  shift: ["shift", "s"],
  weight: ["weight", "gamma"],
  bias: ["bias", "beta"],
};

/** A layer is one that has an alpha under one of its names. */
const marker = /^(.*)\.(alpha|pre_tanh_scale)$/;

/** Module paths of the layers with an alpha: DyT, Derf and their like, if they stand where a family has its norms. */
function elementWisePaths(names: Iterable<string>): string[] {
  return [...new Set([...names].flatMap((name) => marker.exec(name)?.[1] ?? []))];
}

/**
 * The same checkpoint with the parameters of its element-wise layers under the names of the paper's code (alpha, shift, weight, bias) as well, so that families find them
 * where they look for their norms.
 */
export function withOfficialNames(checkpoint: Checkpoint): Checkpoint {
  const { tensors } = checkpoint;
  const added = elementWisePaths(tensors.keys()).flatMap((path) =>
    Object.entries(spellings).flatMap(([official, known]): [string, TensorReference][] => {
      const found = known.map((name) => tensors.get(`${path}.${name}`)).find((tensor) => tensor !== undefined);
      return found === undefined || tensors.has(`${path}.${official}`) ? [] : [[`${path}.${official}`, found]];
    }),
  );
  return added.length === 0 ? checkpoint : { ...checkpoint, tensors: new Map([...tensors, ...added]) };
}

/** What is odd about the names of element-wise layers, each a sentence for the user. */
export function oddNames({ tensors }: Checkpoint): string[] {
  const twice = elementWisePaths(tensors.keys()).filter((path) => Object.values(spellings).some((known) => known.filter((name) => tensors.has(`${path}.${name}`)).length > 1));
  if (twice.length === 0) return [];
  return [
    `${twice.length === 1 ? `${twice[0]!} has a parameter` : `${twice.length} layers (${twice[0]!} ...) have parameters`} under two names, as when a norm's weights were merged into a converted model: took alpha, weight and bias; check what the model was saved from.`,
  ];
}
