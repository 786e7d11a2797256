import { engineLabel, type EngineChoice, type EngineName } from "../../shared/engines";

/** How a run came by its engine, as lines for the log: the one it took, and what spoke against each of the others. */
export function choiceLines(engine: EngineName, { reason, others }: EngineChoice): string[] {
  return [`Engine: ${engineLabel(engine)}, ${reason}.`, ...others.map((other) => `  Not ${engineLabel(other)}: ${other.reason}`)];
}
