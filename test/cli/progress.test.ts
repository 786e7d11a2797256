import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { createProgressReporter, progressLine } from "../../src/cli/progress";
import type { Progress } from "../../src/shared/progress";

const forward: Progress = { phase: "forward", stage: "block 3", done: 4, total: 16, tokensPerSecond: 1234.5, secondsLeft: 72 };

function stream(isTTY: boolean, columns = 120) {
  let written = "";
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  const target = Object.assign(sink, { isTTY, columns, rows: 20 });
  return { target, text: () => written };
}

describe("progressLine", () => {
  it("tells phase, steps, stage, rate and time left", () => {
    const line = progressLine(forward);
    for (const part of ["[5/7]", "Running the model", "4 of 16", "block 3", "1,235 tokens/s", "1 min 12 s left"]) {
      expect(line).toContain(part);
    }
  });

  it("fills the bar in proportion, never beyond its ends", () => {
    const filled = (done: number) => progressLine({ phase: "fit", done, total: 12 }).split("█").length - 1;
    expect([0, 3, 6, 12, 99, -1].map(filled)).toEqual([0, 6, 12, 24, 24, 0]);
  });

  it("draws no bar where the number of steps is unknown or one", () => {
    for (const total of [0, 1]) expect(progressLine({ phase: "open", done: 0, total })).toBe("[1/7] Opening the checkpoint");
  });
});

describe("createProgressReporter", () => {
  it("writes nothing where quiet was asked for", () => {
    for (const isTTY of [true, false]) {
      const { target, text } = stream(isTTY);
      const reporter = createProgressReporter({ stream: target, quiet: true });
      reporter.report(forward);
      reporter.stop();
      expect(text()).toBe("");
    }
  });

  it("writes plain lines, at most one a second, where there is no terminal", () => {
    const { target, text } = stream(false);
    let time = 0;
    const reporter = createProgressReporter({ stream: target, quiet: false, now: () => time });
    for (let step = 0; step <= 30; step++) {
      time = step * 100;
      reporter.report({ phase: "forward", done: step, total: 30 });
    }
    reporter.stop();
    const steps = text().trimEnd().split("\n").map((line) => /(\d+) of 30/.exec(line)?.[1]);
    expect(steps).toEqual(["0", "10", "20", "30"]);
    expect(text()).not.toContain("\u001b");
  });

  it("redraws one line on a terminal, and takes it away at the end", () => {
    const { target, text } = stream(true);
    let time = 0;
    const reporter = createProgressReporter({ stream: target, quiet: false, now: () => time });
    reporter.report({ ...forward, done: 1 });
    time = 10;
    reporter.report({ ...forward, done: 2 });
    time = 200;
    reporter.report({ ...forward, done: 3 });
    expect(text()).toContain("1 of 16");
    expect(text()).not.toContain("2 of 16");
    expect(text()).toContain("3 of 16");
    const before = text().length;
    reporter.stop();
    expect(text().slice(before)).toContain("\u001b[");
  });

  it("cuts the line to a narrow terminal, and keeps the time left", () => {
    const { target, text } = stream(true, 70);
    const reporter = createProgressReporter({ stream: target, quiet: false, now: () => 0 });
    reporter.report(forward);
    const [line = ""] = stripVTControlCharacters(text()).split("\n");
    expect(line).toHaveLength(69);
    expect(line).toContain("1 min 12 s left");
    reporter.stop();
  });

  it("shows a new phase at once", () => {
    const { target, text } = stream(true);
    const reporter = createProgressReporter({ stream: target, quiet: false, now: () => 0 });
    reporter.report({ phase: "open", done: 0, total: 1 });
    reporter.report({ phase: "build", done: 0, total: 1 });
    reporter.stop();
    expect(text()).toContain("Building the graphs");
  });
});
