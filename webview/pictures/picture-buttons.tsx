import { t } from "@vscode/l10n";
import { CopyButton } from "../button";
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
  const copy = async (drawn: Pictured) => {
    const copied = await copyPng(pngOf(drawn));
    // Where the browser keeps pages from the clipboard, the picture is still to be had as a file.
    if (!copied) savePng(drawn);
    return copied;
  };
  const withPicture = (action: (drawn: Pictured) => unknown) => () => {
    const drawn = picture();
    return drawn === undefined ? false : action(drawn);
  };
  return (
    <div class="picture-buttons" role="group" aria-label={t("Picture")}>
      <CopyButton label={t("Copy picture")} copy={withPicture(copy)} />
      <button type="button" class="button icon-only" title={t("Save as PNG")} aria-label={t("Save as PNG")} onClick={withPicture(savePng)}>PNG</button>
      <button type="button" class="button icon-only" title={t("Save as SVG")} aria-label={t("Save as SVG")} onClick={withPicture(saveSvg)}>SVG</button>
    </div>
  );
}

/** Whether the clipboard took the picture. */
async function copyPng(picture: HTMLCanvasElement): Promise<boolean> {
  try {
    const blob = await new Promise<Blob | null>((resolve) => { picture.toBlob(resolve, "image/png"); });
    if (blob === null) return false;
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    return true;
  } catch {
    return false;
  }
}

function base64Of(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
