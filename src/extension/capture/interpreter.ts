import { extensions, type Uri } from "vscode";
import { findPython } from "../engines/python";

/** What is asked of the Python extension (ms-python.python). */
interface PythonExtension {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: Uri): unknown;
    resolveEnvironment(environment: unknown): Promise<{ readonly executable: { readonly uri?: Uri | undefined } } | undefined>;
  };
}

/** The Python that is selected for a file, where the Python extension is installed; else the one of the search path, if there is one. */
export async function interpreterFor(file: Uri): Promise<string | undefined> {
  return (await selectedInterpreter(file)) ?? findPython(process.env["PATH"] ?? "");
}

async function selectedInterpreter(file: Uri): Promise<string | undefined> {
  const { environments } = (await extensions.getExtension<PythonExtension>("ms-python.python")?.activate()) ?? {};
  if (!environments) return undefined;
  const environment = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(file));
  return environment?.executable.uri?.fsPath;
}
