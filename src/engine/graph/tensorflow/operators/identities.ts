import type { Translation, Translations } from "../node";

const first: Translation = (node) => node.input(0);

/** Operators that hand on what they take. */
export const identities: Translations = {
  Identity: first,
  IdentityN: (node) => node.inputs,
  StopGradient: first,
  PreventGradient: first,
  Snapshot: first,
  CheckNumerics: first,
  EnsureShape: first,
  PlaceholderWithDefault: first,
  ReadVariableOp: first,
};
