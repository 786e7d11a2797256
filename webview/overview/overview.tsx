import { t } from "@vscode/l10n";
import { useMemo } from "preact/hooks";
import type { Intent } from "../../src/shared/intent";
import type { NormRole } from "../../src/shared/norm";
import type { LayerResult } from "../../src/shared/result";
import type { Host } from "../host";
import { Key } from "../legend";
import { useTheme, type Theme } from "../theme";
import { alphaByDepth, rolesOf, saturationByDepth, scoresByDepth } from "./by-depth";
import { DepthChart } from "./depth-chart";

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
    const data = { layers, others, intent, hidden, theme };
    return { alpha: alphaByDepth(data), scores: scoresByDepth(data), saturation: saturationByDepth(data) };
  }, [layers, others, intent, hidden, theme]);
  const shared = { layers, selected, select, theme, host };
  const compared = others.length > 0 && <Key mark="hollow" color={theme.other}>{t("compared")}</Key>;
  return (
    <section aria-label={t("All layers")}>
      <RoleSwitches layers={layers} hidden={hidden} hide={hide} theme={theme} />
      <div class="overview">
        <DepthChart {...shared} title={t("Alpha by depth")} name="alpha-by-depth" config={configs.alpha}>
          <Key mark="filled">{intent === "scratch" ? t("α scratch") : t("α convert")}</Key>
          <Key mark="hollow" title={t("So close to a line that alpha is only bounded from above")}>{t("nearly linear")}</Key>
          <Key mark="dashed">1 / std</Key>
          {compared}
        </DepthChart>
        <DepthChart {...shared} title={t("Explained by a curve")} name="r2-by-depth" config={configs.scores}>
          <Key mark="solid">{t("R² tanh")}</Key>
          <Key mark="dashed">{t("R² line")}</Key>
          <Key mark="dotted">{t("R² ceiling")}</Key>
          {compared}
        </DepthChart>
        <DepthChart {...shared} title={t("Saturation")} name="saturation-by-depth" config={configs.saturation}>
          <Key mark="solid">|α · x| &gt; 1</Key>
          <Key mark="dashed">&gt; 2</Key>
          <Key mark="dotted">&gt; 3</Key>
          {compared}
        </DepthChart>
      </div>
    </section>
  );
}

interface RoleSwitchesProps {
  readonly layers: readonly LayerResult[];
  readonly hidden: readonly NormRole[];
  readonly hide: (roles: readonly NormRole[]) => void;
  readonly theme: Theme;
}

function RoleSwitches({ layers, hidden, hide, theme }: RoleSwitchesProps) {
  const toggle = (role: NormRole) => { hide(hidden.includes(role) ? hidden.filter((each) => each !== role) : [...hidden, role]); };
  return (
    <div class="roles-switch" role="group" aria-label={t("Roles shown in the drawings")}>
      {rolesOf(layers).map((role) => (
        <button key={role} type="button" aria-pressed={!hidden.includes(role)} title={t("Show or hide {0} norms", role)} onClick={() => { toggle(role); }}>
          <i class="swatch" style={{ background: theme.roles[role] }} />
          {role}
        </button>
      ))}
    </div>
  );
}
