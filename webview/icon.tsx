/** Names of the codicons that page.css has a mask for. */
export type IconName = "arrow-left" | "arrow-right" | "beaker" | "check" | "close" | "copy" | "diff" | "error" | "export" | "file-symlink-directory" | "folder-opened" | "go-to-file" | "info" | "output" | "play" | "settings-gear" | "shield" | "stop" | "warning" | "discard" | "loading";

/** A codicon in the colour of the text; decoration only, the text beside it or the button's label says the same. */
export function Icon({ name }: { readonly name: IconName }) {
  return <i class={`icon icon-${name}`} aria-hidden="true" />;
}
