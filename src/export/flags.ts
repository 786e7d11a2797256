import { UserError } from "../shared/errors";
import type { Intent } from "../shared/intent";
import type { NormRole } from "../shared/norm";
import type { GroupResult } from "../shared/result";
import type { ExportFormat } from "./format";

/** The roles for which the DyT authors' LLaMA code has a flag: its block norms `ln` and `ff_ln`, and `dec_norm` at the end. */
const flagOfRole: readonly { readonly role: NormRole; readonly flag: string }[] = [
  { role: "attention", flag: "attn_alpha_init_value" },
  { role: "ffn", flag: "ffn_alpha_init_value" },
  { role: "final", flag: "dec_alpha_init_value" },
];

/** Significant digits of an alpha on a command line. */
const digits = 4;

/** One alpha a role, as flags of the DyT authors' LLaMA training code; a comment tells roles that it has no flag for. */
export const flags: ExportFormat = {
  name: "flags",
  extension: ".flags.txt",
  description: "one alpha a role, as flags of the DyT LLaMA training code",
  export: ({ groups }, { intent = "scratch" } = {}) => {
    const given = flagOfRole.flatMap(({ role, flag }) => {
      const group = groups.find((each) => each.role === role);
      const alpha = group === undefined ? 0 : alphaOf(group, intent);
      return alpha > 0 ? [`--${flag} ${Number(alpha.toPrecision(digits))}`] : [];
    });
    if (given.length === 0) throw new UserError("This result has no alpha of an attention, ffn or final norm, which are the roles that the flags are for.");
    const others = groups.filter(({ role }) => !flagOfRole.some((each) => each.role === role)).map(({ role }) => role);
    const comment = others.length === 0 ? "" : `# no flag for: ${others.join(", ")}\n`;
    return `${given.join(" ")}\n${comment}`;
  },
};

function alphaOf({ suggest, alphaMedian }: GroupResult, intent: Intent): number {
  return intent === "scratch" ? suggest.scratch : alphaMedian;
}
