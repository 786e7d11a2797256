import { workspace, type ConfigurationScope } from "vscode";
import type { EngineSettings } from "../shared/request";

const section = "normlens";

/** The settings of package.json, typed; every call reads what holds now. */
export const settings = {
  codeLensEnabled: (scope?: ConfigurationScope) => read("codeLens.enabled", true, scope),
  codeLensWithoutResult: (scope?: ConfigurationScope) => read("codeLens.withoutResult", false, scope),
  hoverEnabled: (scope?: ConfigurationScope) => read("hover.enabled", true, scope),
  /** Line that imports DyT where a norm is replaced; where empty, the class itself is inserted. */
  dytImport: (scope?: ConfigurationScope) => read("dyt.import", "", scope),
  maxTokens: (scope: ConfigurationScope) => read("analysis.maxTokens", 2048, scope),
  /** 0 stands for the model's own. */
  sequenceLength: (scope: ConfigurationScope) => read("analysis.sequenceLength", 0, scope),
  skipFirst: (scope: ConfigurationScope) => read("analysis.skipFirst", false, scope),
  seed: (scope: ConfigurationScope) => read("analysis.seed", 0, scope),
  runtime: (scope?: ConfigurationScope) => read("analysis.runtime", "auto", scope),
  device: (scope?: ConfigurationScope) => read("analysis.device", "auto", scope),
  /** 0 stands for as many as the runtime likes. */
  threads: (scope?: ConfigurationScope) => read("analysis.threads", 0, scope),
  /** Which GPU, from 0. */
  gpu: (scope?: ConfigurationScope) => read("analysis.gpu", 0, scope),
  tf32: (scope?: ConfigurationScope) => read("analysis.tf32", false, scope),
  /** A file or a folder; looked for where empty. */
  libtensorflow: (scope?: ConfigurationScope) => read("analysis.libtensorflow", "", scope),
  resultsKeep: () => read("results.keep", 20),
} as const;

function read<Value>(name: string, otherwise: Value, scope?: ConfigurationScope): Value {
  return workspace.getConfiguration(section, scope).get(name, otherwise);
}

/** The settings with which engines are opened, as a request carries them. */
export function engineSettings(scope?: ConfigurationScope): EngineSettings {
  const [threads, gpu, libtensorflow] = [settings.threads(scope), settings.gpu(scope), settings.libtensorflow(scope)];
  return {
    ...(threads > 0 && { threads }),
    ...(gpu > 0 && { gpu }),
    ...(settings.tf32(scope) && { tf32: true }),
    ...(libtensorflow !== "" && { libtensorflow }),
  };
}
