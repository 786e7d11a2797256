import { Uri, workspace, type Disposable, type TextDocumentContentProvider } from "vscode";

const scheme = "normlens-export";

/** Texts that are shown before they are saved, as documents that can't be edited and need no saving. */
export class Previews implements TextDocumentContentProvider, Disposable {
  private readonly texts = new Map<string, string>();
  private count = 0;
  private readonly registration = workspace.registerTextDocumentContentProvider(scheme, this);

  /** Keeps a text until it is released; its name gives the language. No two have the same address: VS Code keeps what it has read. */
  hold(name: string, text: string): Uri {
    const uri = Uri.from({ scheme, path: `/${name}`, query: String(++this.count) });
    this.texts.set(uri.toString(), text);
    return uri;
  }

  release(uri: Uri): void {
    this.texts.delete(uri.toString());
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  dispose(): void {
    this.registration.dispose();
  }
}
