import { l10n } from "vscode";
import { formatNumber } from "../../shared/format";
import type { InstallFailure } from "./install-tensorflow";
import { tensorflowVersion, type InstallPlan } from "./tensorflow-plan";

/** How much is downloaded, and how much stays. */
export function sizeText({ downloadBytes, diskBytes }: InstallPlan): string {
  return l10n.t("about {0} to download, {1} on disk", inBytes(downloadBytes), inBytes(diskBytes));
}

/** All that an installation would do, before its user agrees to it. */
export function planText(plan: InstallPlan, folder: string): string {
  return [
    plan.cuda
      ? l10n.t("What: tensorflow {0}, and the CUDA packages (nvidia-...) that it names for NVIDIA GPUs.", tensorflowVersion)
      : l10n.t("What: {0} for the processor, since {1}. onnxruntime is faster there: this only serves to compare the two.", plan.requirement.replace("==", " "), whyNoGpu(plan)),
    l10n.t("Size: {0}.", sizeText(plan)),
    l10n.t("From: the package index that pip is set up for."),
    l10n.t("To: {0}", folder),
    l10n.t("Nothing else on this machine changes. It is used only if it works."),
  ].join("\n\n");
}

/** Why an installation is for the processor. */
export function whyNoGpu({ machine }: InstallPlan): string {
  return machine === "x86_64" ? l10n.t("there is no NVIDIA driver") : l10n.t("TensorFlow's packages for this kind of machine use no GPU");
}

/** Why nothing was installed, and what to do, in a sentence. */
export function failureText(failure: InstallFailure, plan: InstallPlan): string {
  switch (failure.kind) {
    case "no-python":
      return l10n.t("TensorFlow is installed with pip, but there is no python3 on PATH: install Python 3, or use a TensorFlow that is there.");
    case "no-pip":
      return l10n.t("TensorFlow is installed with pip, which {0} does not have: install it (python3 -m ensurepip, or the package python3-pip).", failure.python);
    case "no-space":
      return l10n.t("TensorFlow needs about {0} while it is installed, and {1} are free: make room, or use a TensorFlow that is there.", inBytes(plan.downloadBytes + plan.diskBytes), inBytes(failure.freeBytes));
    case "no-network":
      return l10n.t("TensorFlow was not installed, since the package index that pip is set up for could not be reached: check the network and pip's configuration.");
    case "pip":
      return l10n.t("TensorFlow was not installed: {0}", failure.line);
    case "unproven":
      return l10n.t("TensorFlow was installed but does not work on this machine, so it was removed: {0}", failure.reason);
    case "no-gpu":
      return l10n.t("TensorFlow was installed but finds no GPU, so it was removed: look whether nvidia-smi lists one, and whether its driver is recent.");
    case "busy":
      return l10n.t("TensorFlow is being installed already: wait for it. If no other window does that, remove {0}.", failure.folder);
  }
}

/** Decimal units, as disks and package indexes have them. */
function inBytes(bytes: number): string {
  return bytes < 1e9 ? `${formatNumber(bytes / 1e6, 2)} MB` : `${formatNumber(bytes / 1e9, 2)} GB`;
}
