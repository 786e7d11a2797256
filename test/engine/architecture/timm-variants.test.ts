import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { refuseOtherVariants, timmVariant } from "../../../src/engine/architecture/timm-variants";
import { Weights } from "../../../src/engine/architecture/weights";
import type { Checkpoint, TensorReference } from "../../../src/engine/checkpoint/checkpoint";
import { UserError } from "../../../src/shared/errors";

/** What timm's own code makes of a model; made by timm/make_variants.py. */
interface Model {
  readonly name: string;
  readonly width: number;
  readonly heads: number;
  readonly act: string;
  readonly eps: number;
  readonly kind: string;
  readonly isRead: boolean;
}

const groups = JSON.parse(readFileSync(join(import.meta.dirname, "timm/variants.json"), "utf8")) as { tensors: string[]; models: Model[] }[];
const models = groups.flatMap(({ tensors, models: alike }) => alike.map((model) => ({ ...model, tensors })));

function refusalOf({ name, tensors }: { name: string; tensors: readonly string[] }): unknown {
  const some: TensorReference = { name: "", dtype: "F32", shape: [1], file: "", offset: 0, length: 4 };
  const checkpoint: Checkpoint = { path: "model", folder: ".", format: "safetensors", tensors: new Map(tensors.map((tensor) => [tensor, { ...some, name: tensor }])) };
  const hasPositions = ["pos_embed", "blocks.0.attn.relative_position_bias_table"].some((tensor) => tensors.includes(tensor));
  try {
    refuseOtherVariants(new Weights(checkpoint), name, hasPositions);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("every vision transformer that timm has by name", () => {
  test("there are hundreds", () => {
    expect(models.length).toBeGreaterThan(200);
  });

  test("is read with timm's own norms, activations and heads", () => {
    for (const { name, width, kind, eps, act, heads } of models.filter((model) => model.isRead)) {
      const variant = timmVariant(name, width);
      expect({ name, kind: variant.kind, eps: variant.eps, heads: variant.heads, act: act === "silu" ? act : variant.act }).toEqual({ name, kind, eps, heads, act });
    }
  });

  test("or is refused", () => {
    const wrong = models.filter((model) => (refusalOf(model) === undefined) !== model.isRead).map(({ name }) => name);
    expect(wrong).toEqual([]);
    const refusals = models.filter((model) => !model.isRead).map(refusalOf);
    expect(refusals.every((error) => error instanceof UserError)).toBe(true);
  });
});
