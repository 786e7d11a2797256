import { t } from "@vscode/l10n";
import type { ComponentChildren } from "preact";
import { formatSeconds, printable } from "../../src/shared/format";
import { notAskedFor, type Replacement } from "../../src/shared/replacement";
import type { Result } from "../../src/shared/result";
import { stepsOf, tuningRefusal, tuningSteps } from "../../src/shared/tuning";
import { Button } from "../button";
import type { Host } from "../host";
import { Icon } from "../icon";
import { Budget } from "./budget";
import { ConvertButton } from "./convert-button";
import { CostHeadline } from "./cost-headline";
import { Methods } from "./methods";
import type { Measure, Measuring } from "./measuring";
import { RoleCosts } from "./role-costs";
import { Sensitivity } from "./sensitivity";
import { TriedAlphas } from "./tried-alphas";
import { TuningChoice } from "./tuning-choice";
import type { WhatIfViewState } from "./view-state";

interface WhatIfProps {
  readonly result: Result;
  /** Undefined where nothing can be asked for, as in a report. */
  readonly measuring: Measuring | undefined;
  readonly view: WhatIfViewState;
  readonly onView: (view: WhatIfViewState) => void;
  /** Alphas that the user tried, by layer. */
  readonly tried: Readonly<Record<string, number>>;
  readonly resetTried: () => void;
  /** Name of the selected layer. */
  readonly selected: string;
  readonly select: (name: string) => void;
  /** Selects a layer and shows its page. */
  readonly goTo: (name: string) => void;
  readonly host: Host;
}

/** What happens when the norms are replaced, measured; before that, the offer to. */
export function WhatIf({ result, measuring, view, onView, tried, resetTried, selected, select, goTo, host }: WhatIfProps) {
  const { replacement, layers } = result;
  const refused = tuningRefusal(result);
  const tune = refused === undefined ? (view.tune ?? stepsOf(result) ?? tuningSteps.none) : tuningSteps.none;
  const measure: Measure = (wish) => { host.post({ type: "measureReplacement", ...wish, tune }); };
  const tuning = <TuningChoice result={result} steps={tune} choose={(steps) => { onView({ ...view, tune: steps }); }} />;
  const own = measuring !== undefined && measuring.refusal === undefined && <TriedAlphas tried={tried} reset={resetTried} measuring={measuring} measure={measure} goTo={goTo} host={host} />;
  if (replacement === undefined) return <>{measuring !== undefined && <Offer seconds={result.engine.seconds.total} measuring={measuring} measure={measure} tuning={tuning} host={host} />}{own}</>;
  const shared = { replacement, view, onView, host };
  const left = replacement.kept.filter(({ reason }) => reason === notAskedFor).length;
  return (
    <>
      <CostHeadline replacement={replacement} />
      {refused !== undefined && <p class="warning"><Icon name="warning" />{printable(refused)}</p>}
      {measuring !== undefined && measuring.refusal === undefined && (
        <div class="actions convert">
          <ConvertButton text={t("Convert with These Values...")} title={t("Writes the checkpoint anew, in a folder of its own, with what measured best")} measuring={measuring} host={host} />
          <Button icon="beaker" disabled={measuring.busy} title={t("Measures the same layers once more, tuned as it is chosen beside")} onClick={() => { measure(left > 0 ? { layers: namesOf(replacement) } : {}); }}>{t("Measure Again")}</Button>
          {tuning}
        </div>
      )}
      {left > 0 && measuring !== undefined && measuring.refusal === undefined && (
        <div class="actions part">
          <span>{t("Only {0} of {1} layers were measured.", replacement.layers.length, replacement.layers.length + left)}</span>
          <Button icon="beaker" disabled={measuring.busy} onClick={() => { measure({}); }}>{t("Measure All Layers")}</Button>
        </div>
      )}
      <Methods replacement={replacement} />
      <Sensitivity {...shared} layers={layers} selected={selected} select={select} goTo={goTo} />
      <RoleCosts replacement={replacement} />
      <Budget {...shared} measuring={measuring?.refusal === undefined ? measuring : undefined} measure={measure} />
      {own}
    </>
  );
}

interface OfferProps {
  /** That the analysis took. */
  readonly seconds: number;
  readonly measuring: Measuring;
  readonly measure: Measure;
  /** Lets the user choose how long to tune. */
  readonly tuning: ComponentChildren;
  readonly host: Host;
}

function namesOf({ layers }: Replacement): readonly string[] {
  return layers.map(({ name }) => name);
}

/** How many times as long as an analysis a measurement takes, roughly. */
const timesAsLong = 15;

function Offer({ seconds, measuring, measure, tuning, host }: OfferProps) {
  const { refusal, busy } = measuring;
  return (
    <section class="offer">
      <p>{t("Runs the original and the network with its norms replaced side by side on held-out input: one layer, one role and all layers at a time. That takes very roughly {0}.", formatSeconds(timesAsLong * seconds))}</p>
      {refusal === undefined
        ? (
          <div class="actions">
            <Button kind="primary" icon="beaker" disabled={busy} onClick={() => { measure({}); }}>{busy ? t("Measuring...") : t("Measure Replacement Cost")}</Button>
            <ConvertButton text={t("Convert with the Suggestion...")} title={t("Writes the checkpoint anew, in a folder of its own, with every layer as it is fitted by itself; what that costs is not known")} measuring={measuring} host={host} />
            {tuning}
          </div>
        )
        : <p class="warning"><Icon name="info" />{refusal}</p>}
    </section>
  );
}
