import { t } from "@vscode/l10n";
import { useMemo } from "preact/hooks";
import type { Intent } from "../../src/shared/intent";
import type { NormRole } from "../../src/shared/norm";
import type { LayerResult } from "../../src/shared/result";
import type { Host } from "../host";
import type { LegendKey } from "../legend";
import { RoleMark } from "../role-mark";
import { useTheme } from "../theme";
import { alphaByDepth, saturationByDepth, scoresByDepth } from "./by-depth";
import { DepthChart } from "./depth-chart";
import { alphaQuantities, saturationQuantities, scoreQuantities, type Quantity } from "./quantities";
import { rolesOf } from "./series";

interface OverviewProps {
  readonly layers: readonly LayerResult[];
  /** Of the result that is compared with, by the index of `layers`; empty where nothing is compared. */
  readonly others: readonly (LayerResult | undefined)[];
  readonly intent: Intent;
  readonly hidden: readonly NormRole[];
  readonly hide: (roles: readonly NormRole[]) => void;
  readonly selected: number;
  readonly select: (index: number) => void;
  readonly host: Host;
}

/** Alpha, R² and saturation of every layer against depth. */
export function Overview({ layers, others, intent, hidden, hide, selected, select, host }: OverviewProps) {
  const theme = useTheme();
  const configs = useMemo(() => {
    const data = { layers, others, hidden, theme };
    return { alpha: alphaByDepth(data, intent), scores: scoresByDepth(data), saturation: saturationByDepth(data) };
  }, [layers, others, intent, hidden, theme]);
  const shared = { layers, roles: rolesOf(layers).filter((role) => !hidden.includes(role)), selected, select, theme, host };
  const compared: readonly LegendKey[] = others.length > 0 ? [{ mark: "hollow", color: theme.other, text: t("compared") }] : [];
  const bounded: readonly LegendKey[] = intent === "convert" && layers.some(({ fit }) => fit.status === "linear")
    ? [{ mark: "hollow", text: t("nearly linear"), title: t("So close to a line that alpha is only bounded from above") }]
    : [];
  return (
    <section class="by-depth" aria-label={t("All layers")}>
      <header>
        <h2>{t("By depth")}</h2>
        <RoleSwitches layers={layers} hidden={hidden} hide={hide} />
      </header>
      <div class="overview">
        <DepthChart {...shared} title={t("Alpha")} name="alpha-by-depth" config={configs.alpha} keys={[...keysOf(alphaQuantities(layers, intent)), ...bounded, ...compared]} />
        <DepthChart {...shared} title={t("Explained, R²")} name="r2-by-depth" config={configs.scores} keys={[...keysOf(scoreQuantities()), ...compared]} />
        <DepthChart {...shared} title={t("Saturation")} name="saturation-by-depth" config={configs.saturation} keys={[...keysOf(saturationQuantities()), ...compared]} />
      </div>
    </section>
  );
}

/** The quantity with marks first. */
function keysOf(quantities: readonly Quantity[]): LegendKey[] {
  return [...quantities].reverse().map(({ name, short, stroke }) => ({ mark: stroke, text: short ?? name }));
}

interface RoleSwitchesProps {
  readonly layers: readonly LayerResult[];
  readonly hidden: readonly NormRole[];
  readonly hide: (roles: readonly NormRole[]) => void;
}

/** The legend of the roles, which hides and shows them. */
function RoleSwitches({ layers, hidden, hide }: RoleSwitchesProps) {
  const toggle = (role: NormRole) => { hide(hidden.includes(role) ? hidden.filter((each) => each !== role) : [...hidden, role]); };
  return (
    <div class="roles-switch" role="group" aria-label={t("Roles shown in the drawings")}>
      {rolesOf(layers).map((role) => (
        <button key={role} type="button" aria-pressed={!hidden.includes(role)} title={t("Show or hide {0} norms", role)} onClick={() => { toggle(role); }}>
          <RoleMark role={role} />
          {role}
        </button>
      ))}
    </div>
  );
}
