import { createLogUpdate } from "log-update";
import { formatCount, formatSeconds, printable } from "../shared/format";
import { phaseTexts, pieceNumber, type Progress } from "../shared/progress";

/** Shows how far an analysis has come. */
export interface ProgressReporter {
  report(progress: Progress): void;
  /** Takes the moving line away, so that what is printed next starts on a clean line. */
  stop(): void;
}

/** A stream that knows whether it is a terminal, as process.stderr does. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Where and how progress is shown. */
export interface ProgressOptions {
  /** Usually process.stderr: standard output belongs to the result. */
  readonly stream: ProgressStream;
  readonly quiet: boolean;
  /** Milliseconds on any clock that only goes forward. */
  readonly now?: () => number;
}

/** Redraws faster than this can't be read, and cost time. */
const redrawMilliseconds = 80;
const lineMilliseconds = 1000;
const barWidth = 24;

/** One moving line on a terminal, sparse lines in a file or a pipe, nothing where quiet was asked for. */
export function createProgressReporter(options: ProgressOptions): ProgressReporter {
  const { stream, quiet, now = () => performance.now() } = options;
  if (quiet) return { report: () => undefined, stop: () => undefined };
  return stream.isTTY === true ? movingLine(stream, now) : sparseLines(stream, now);
}

/** One line that tells the phase, a bar, the time left, the stage, the rate and the steps: a narrow terminal cuts the end. */
export function progressLine(progress: Progress): string {
  const { phase, stage, done, total, tokensPerSecond, secondsLeft } = progress;
  const place = pieceNumber(progress);
  const parts = [
    `${place === undefined ? "" : `[${place.number}/${place.of}] `}${phaseTexts[phase]}`,
    bar(done, total),
    secondsLeft === undefined ? "" : `${formatSeconds(secondsLeft)} left`,
    stage === undefined ? "" : printable(stage),
    tokensPerSecond === undefined ? "" : `${formatCount(tokensPerSecond)} tokens/s`,
    total > 1 ? `${formatCount(done)} of ${formatCount(total)}` : "",
  ];
  return parts.filter((part) => part !== "").join("  ");
}

/** Of a phase with a single step there is nothing to draw. */
function bar(done: number, total: number): string {
  if (total <= 1) return "";
  const filled = Math.round(Math.min(1, Math.max(0, done / total)) * barWidth);
  return `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
}

function movingLine(stream: ProgressStream, now: () => number): ProgressReporter {
  const draw = createLogUpdate(stream);
  const due = rateLimit(redrawMilliseconds, now);
  return {
    report: (progress) => {
      // Some terminals do not know their width and say 0.
      const width = stream.columns === undefined || stream.columns === 0 ? 80 : stream.columns;
      if (due(progress.phase)) draw(progressLine(progress).slice(0, width - 1));
    },
    stop: () => {
      draw.clear();
      draw.done();
    },
  };
}

function sparseLines(stream: ProgressStream, now: () => number): ProgressReporter {
  const due = rateLimit(lineMilliseconds, now);
  return {
    report: (progress) => {
      if (due()) stream.write(`${progressLine(progress)}\n`);
    },
    stop: () => undefined,
  };
}

/** Tells whether something may be shown again: after the pause, or at once where the key has changed. */
function rateLimit(pause: number, now: () => number): (key?: string) => boolean {
  let last = -Infinity;
  let lastKey: string | undefined;
  return (key) => {
    const time = now();
    if (time - last < pause && key === lastKey) return false;
    last = time;
    lastKey = key;
    return true;
  };
}
