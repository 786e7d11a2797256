/** Whose names the parameters of a DyT bear: those of the paper's code, or of a library that has the layer too. */
export const namings = ["official", "x-transformers", "liger"] as const;
export type Naming = (typeof namings)[number];

/** Parameters of DyT, under the names of one code. */
export interface ParameterNames {
  readonly alpha: string;
  readonly weight: string;
  readonly bias: string;
  /** alpha is one number; some keep it without an axis. */
  readonly alphaShape: readonly number[];
}

/** DynamicTanh of the paper's code, DynamicTanh of x-transformers, LigerDyT. */
export const parameterNames: Readonly<Record<Naming, ParameterNames>> = {
  official: { alpha: "alpha", weight: "weight", bias: "bias", alphaShape: [1] },
  "x-transformers": { alpha: "pre_tanh_scale", weight: "gamma", bias: "beta", alphaShape: [] },
  liger: { alpha: "alpha", weight: "gamma", bias: "beta", alphaShape: [1] },
};
