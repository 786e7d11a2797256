import { EventEmitter, type Disposable, type Memento } from "vscode";
import { intents, type Intent } from "../shared/intent";

const memento = "normlens.intent";

/** What the alphas are wanted for: one choice for panel, tree and lenses, kept in the workspace. */
export class IntentStore implements Disposable {
  private readonly changes = new EventEmitter<Intent>();
  readonly onDidChange = this.changes.event;

  constructor(private readonly state: Memento) {}

  get value(): Intent {
    const kept = this.state.get<string>(memento);
    return intents.find((intent) => intent === kept) ?? "convert";
  }

  async set(intent: Intent): Promise<void> {
    await this.state.update(memento, intent);
    this.changes.fire(intent);
  }

  dispose(): void {
    this.changes.dispose();
  }
}
