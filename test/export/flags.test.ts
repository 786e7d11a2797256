import { describe, expect, it } from "vitest";
import { flags } from "../../src/export/flags";
import { syntheticResult } from "../synthetic-result";

describe("flags", () => {
  const result = syntheticResult(3, 6);
  const [attention, ffn, final] = result.groups;

  it("has the alpha to start from of every role that has a flag", () => {
    expect(flags.export(result)).toBe("--attn_alpha_init_value 1 --ffn_alpha_init_value 1 --dec_alpha_init_value 1\n");
  });

  it("has the medians where a checkpoint is taken over", () => {
    const median = ({ alphaMedian }: { alphaMedian: number }) => Number(alphaMedian.toPrecision(4));
    expect(flags.export(result, { intent: "convert" })).toBe(
      `--attn_alpha_init_value ${median(attention!)} --ffn_alpha_init_value ${median(ffn!)} --dec_alpha_init_value ${median(final!)}\n`,
    );
  });

  it("names roles without a flag, and leaves out what no alpha is determined for", () => {
    const groups = [{ ...attention!, alphaMedian: 0 }, ffn!, { ...ffn!, role: "query" as const }];
    const text = flags.export({ ...result, groups }, { intent: "convert" });
    expect(text).toMatch(/^--ffn_alpha_init_value \S+\n# no flag for: query\n$/);
  });

  it("refuses a result without such roles in a sentence", () => {
    expect(() => flags.export({ ...result, groups: [] })).toThrow("This result has no alpha of an attention, ffn or final norm");
  });
});
