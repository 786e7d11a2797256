import { t } from "@vscode/l10n";
import { familyNames, type LayerResult } from "../../src/shared/result";
import { Choice } from "../choice";
import { cloudOf } from "./drawing";
import type { LayerViewState } from "./view-state";

interface ViewSwitchesProps {
  readonly layer: LayerResult;
  readonly view: LayerViewState;
  readonly onView: (view: LayerViewState) => void;
}

/** What of a layer is drawn, and how. */
export function ViewSwitches({ view, onView, layer }: ViewSwitchesProps) {
  const after = view.side === "after";
  const onlyBefore = t("Fitted before the affine; after it every channel has a curve of its own");
  const families = familyNames.filter((name) => name === "tanh" || layer.families.some((family) => family.name === name));
  return (
    <div class="switches">
      <Choice
        label={t("Cloud")}
        chosen={cloudOf(view)}
        choose={(cloud) => { onView({ ...view, cloud }); }}
        options={[
          { value: "density", text: t("density"), title: after ? t("Counts are kept of values before the affine only") : t("How many elements lie where"), disabled: after },
          { value: "token", text: t("by token"), title: t("Sampled elements, one colour for every token: within a token the norm is a straight line") },
          { value: "channel", text: t("by channel"), title: t("Sampled elements; the channels of largest magnitude have a colour of their own") },
        ]}
      />
      <Choice
        label={t("Affine")}
        chosen={view.side}
        choose={(side) => { onView({ ...view, side }); }}
        options={[
          { value: "before", text: t("before affine"), title: t("The normalised value x̂") },
          { value: "after", text: t("after affine"), title: t("What the layer gives on: weight · x̂ + bias, with the DyT of every channel that has a colour") },
        ]}
      />
      <Choice
        label={t("Range")}
        chosen={view.range}
        choose={(range) => { onView({ ...view, range }); }}
        options={[
          { value: "central", text: "99 %", title: t("The central 99 % of the elements") },
          { value: "all", text: t("all"), title: t("Everything, outliers too") },
        ]}
      />
      <div class="curve-choice">
        <label class="check" title={after ? onlyBefore : t("The curve through the cloud")}>
          <span>{t("Curve")}</span>
          <select value={view.family} disabled={after} onChange={({ currentTarget }) => { onView({ ...view, family: familyNames.find((name) => name === currentTarget.value) ?? "tanh" }); }}>
            {families.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
        <label class="check" title={after ? onlyBefore : t("tanh(α · x) alone, with neither gain nor offset")}>
          <input type="checkbox" checked={view.unitGain} disabled={after} onChange={({ currentTarget }) => { onView({ ...view, unitGain: currentTarget.checked }); }} />
          <span>{t("unit gain")}</span>
        </label>
      </div>
    </div>
  );
}
