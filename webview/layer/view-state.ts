import { familyNames, type FamilyName } from "../../src/shared/result";

export const clouds = ["density", "token", "channel"] as const;
export const sides = ["before", "after"] as const;
export const ranges = ["central", "all"] as const;

/** How layers are drawn. */
export interface LayerViewState {
  /** How many elements lie where, or sampled elements coloured by their token or channel. */
  readonly cloud: (typeof clouds)[number];
  /** Of the norm's affine. */
  readonly side: (typeof sides)[number];
  /** The curve that is drawn through the cloud. */
  readonly family: FamilyName;
  /** The central 99 % of the elements, or everything. */
  readonly range: (typeof ranges)[number];
  /** Whether tanh(alpha * x) alone is drawn too. */
  readonly unitGain: boolean;
}

export const defaultLayerView: LayerViewState = { cloud: "density", side: "before", family: "tanh", range: "central", unitGain: false };

/** A state as an earlier page kept it; what is not understood is the default. */
export function layerViewOf(kept: unknown): LayerViewState {
  if (typeof kept !== "object" || kept === null) return defaultLayerView;
  const { cloud, side, family, range, unitGain } = kept as Record<string, unknown>;
  return {
    cloud: clouds.find((each) => each === cloud) ?? defaultLayerView.cloud,
    side: sides.find((each) => each === side) ?? defaultLayerView.side,
    family: familyNames.find((each) => each === family) ?? defaultLayerView.family,
    range: ranges.find((each) => each === range) ?? defaultLayerView.range,
    unitGain: unitGain === true,
  };
}
