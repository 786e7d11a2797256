import { t } from "@vscode/l10n";
import { formatCount, formatNumber, printable } from "../src/shared/format";
import type { Intent } from "../src/shared/intent";
import type { GroupResult, Result, Warning } from "../src/shared/result";
import { CopyButton } from "./button";
import { Choice } from "./choice";
import { counted } from "./counted";
import type { Host } from "./host";
import { Icon } from "./icon";
import { RoleMark } from "./role-mark";
import { sourceText } from "./scratch-source";

interface RolesProps {
  readonly result: Result;
  /** What it is compared with. */
  readonly other: Result | undefined;
  readonly intent: Intent;
  readonly host: Host;
}

/** What most come for: the alpha to start from, by role, for what it is wanted for. */
export function Roles({ result, other, intent, host }: RolesProps) {
  const { groups } = result;
  const copyAll = () => { host.post({ type: "copy", text: groups.filter((group) => Number.isFinite(alphaOf(group, intent))).map((group) => `${group.role}: ${copied(alphaOf(group, intent))}`).join("\n") }); };
  return (
    <section class="roles" aria-label={t("Suggested alphas")}>
      <header>
        <h2>{t("Suggested alphas")}</h2>
        <Choice
          label={t("What the alphas are for")}
          chosen={intent}
          choose={(chosen) => { host.post({ type: "setIntent", intent: chosen }); }}
          options={[
            { value: "scratch", text: t("train from scratch"), title: t("Alphas to initialise a new network with") },
            { value: "convert", text: t("convert this checkpoint"), title: t("Alphas that take over the network that was analysed") },
          ]}
        />
        <CopyButton kind="plain" text={t("Copy all")} label={t("Copy the alphas of all roles")} copy={copyAll} />
      </header>
      <p class="why">{whyOf(result, intent)}</p>
      {intent === "scratch" && result.warnings.filter(({ code }) => aboutScratch.has(code)).map(({ code, message }) => <p key={code} class="warning"><Icon name="warning" />{printable(message)}</p>)}
      <ul class="role-list">
        {groups.map((group) => {
          const alpha = alphaOf(group, intent);
          const counterpart = other?.groups.find(({ role }) => role === group.role);
          return (
            <li key={group.role}>
              <span class="role"><RoleMark role={group.role} />{group.role}</span>
              <strong>{formatNumber(alpha)}</strong>
              {Number.isFinite(alpha) && <CopyButton label={t("Copy alpha of {0}", group.role)} copy={() => { host.post({ type: "copy", text: copied(alpha) }); }} />}
              <small>{noteOf(group, intent)}</small>
              {counterpart !== undefined && <small class="compared" title={t("Of the result that is compared with")}>{t("vs {0}", formatNumber(alphaOf(counterpart, intent)))}</small>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Warnings that matter to a new training only: they stand where its alphas are. */
export const aboutScratch: ReadonlySet<Warning["code"]> = new Set(["embedding-scale", "vit-large"]);

function alphaOf({ suggest, alphaMedian }: GroupResult, intent: Intent): number {
  if (intent === "scratch") return suggest.scratch;
  return alphaMedian > 0 ? alphaMedian : Number.NaN;
}

function copied(alpha: number): string {
  return String(Number(alpha.toPrecision(4)));
}

function noteOf({ count, alphaMedian, alphaMin, alphaMax, suggest }: GroupResult, intent: Intent): string {
  const layers = counted(count, "layer");
  if (intent === "scratch") return `${layers}, ${sourceText(suggest.scratchSource)}`;
  if (alphaMedian === 0) return t("{0}, not determined", layers);
  return count === 1 ? layers : t("median of {0}, {1} to {2}", layers, formatNumber(alphaMin), formatNumber(alphaMax));
}

/** Why these alphas, in a sentence or two. */
function whyOf({ model, groups }: Result, intent: Intent): string {
  if (intent === "convert") {
    return t("Fitted to what each layer of this checkpoint gives on, with a weight and a bias for every channel. Take each layer's own alpha with them: the safetensors and python exports hold all three.");
  }
  switch (groups[0]?.suggest.scratchSource) {
    case "published":
      return t("As the DyT paper tuned them for language models of width {0}.", formatCount(model.width));
    case "interpolated":
      return t("Interpolated between the widths of language models that the DyT paper tuned, for width {0}.", formatCount(model.width));
    case "nearest":
      return t("Of the nearest width that the DyT paper tuned; width {0} lies outside its table.", formatCount(model.width));
    default:
      return t("0.5 trains well for everything but language models, as the DyT paper found; this checkpoint's own alphas say little of a new training.");
  }
}
