import { workspace, type ConfigurationScope } from "vscode";

const section = "normlens";

/** The settings of package.json, typed; every call reads what holds now. */
export const settings = {
  codeLensEnabled: (scope?: ConfigurationScope) => read("codeLens.enabled", true, scope),
  codeLensWithoutResult: (scope?: ConfigurationScope) => read("codeLens.withoutResult", false, scope),
  hoverEnabled: (scope?: ConfigurationScope) => read("hover.enabled", true, scope),
  /** Line that imports DyT where a norm is replaced; where empty, the class itself is inserted. */
  dytImport: (scope?: ConfigurationScope) => read("dyt.import", "", scope),
  maxTokens: () => read("analysis.maxTokens", 2048),
  /** 0 stands for the model's own. */
  sequenceLength: () => read("analysis.sequenceLength", 0),
  skipFirst: () => read("analysis.skipFirst", false),
  seed: () => read("analysis.seed", 0),
  runtime: () => read("analysis.runtime", "auto"),
  device: () => read("analysis.device", "auto"),
  /** 0 stands for as many as the runtime likes. */
  threads: () => read("analysis.threads", 0),
  resultsKeep: () => read("results.keep", 20),
} as const;

function read<Value>(name: string, otherwise: Value, scope?: ConfigurationScope): Value {
  return workspace.getConfiguration(section, scope).get(name, otherwise);
}
