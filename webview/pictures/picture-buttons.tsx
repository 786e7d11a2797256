import { t } from "@vscode/l10n";
import { IconButton } from "../button";
import type { Host } from "../host";
import { pngOf, svgOf, type Pictured } from "./pictures";

interface PictureButtonsProps {
  /** Of the file. */
  readonly name: string;
  readonly host: Host;
  /** Undefined while there is nothing to draw. */
  readonly picture: () => Pictured | undefined;
}

/** Copies a drawing, or saves it as PNG or SVG. */
export function PictureButtons({ name, host, picture }: PictureButtonsProps) {
  const saveSvg = (drawn: Pictured) => { host.post({ type: "savePicture", name, format: "svg", base64: base64Of(svgOf(drawn)) }); };
  const savePng = (drawn: Pictured) => { host.post({ type: "savePicture", name, format: "png", base64: pngOf(drawn).toDataURL("image/png").split(",")[1] ?? "" }); };
  const copy = (drawn: Pictured) => {
    // Where the browser keeps pages from the clipboard, the picture is still to be had as a file.
    copyPng(pngOf(drawn)).catch(() => { savePng(drawn); });
  };
  const withPicture = (action: (drawn: Pictured) => void) => () => {
    const drawn = picture();
    if (drawn !== undefined) action(drawn);
  };
  return (
    <div class="picture-buttons" role="group" aria-label={t("Picture")}>
      <IconButton icon="copy" label={t("Copy picture")} onClick={withPicture(copy)} />
      <button type="button" class="button icon-only" title={t("Save as PNG")} aria-label={t("Save as PNG")} onClick={withPicture(savePng)}>PNG</button>
      <button type="button" class="button icon-only" title={t("Save as SVG")} aria-label={t("Save as SVG")} onClick={withPicture(saveSvg)}>SVG</button>
    </div>
  );
}

async function copyPng(picture: HTMLCanvasElement): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => { picture.toBlob(resolve, "image/png"); });
  if (blob === null) throw new Error("the picture is empty");
  await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}

function base64Of(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
