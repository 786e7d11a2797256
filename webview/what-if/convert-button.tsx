import { Button } from "../button";
import type { Host } from "../host";
import type { Measuring } from "./measuring";

interface ConvertButtonProps {
  readonly text: string;
  readonly title: string;
  /** Layers to replace, by name; all where absent. */
  readonly layers?: readonly string[];
  /** Alphas of the user's own, by layer. */
  readonly alphas?: Readonly<Record<string, number>>;
  readonly measuring: Measuring;
  readonly host: Host;
}

/** Asks for the checkpoint to be written anew; the editor asks for what is not chosen yet. */
export function ConvertButton({ text, title, layers, alphas, measuring, host }: ConvertButtonProps) {
  const ask = () => { host.post({ type: "convert", ...(layers && { layers }), ...(alphas && { alphas }) }); };
  return <Button icon="file-symlink-directory" disabled={measuring.converting || layers?.length === 0} title={title} onClick={ask}>{text}</Button>;
}
