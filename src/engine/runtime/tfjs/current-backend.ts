import * as tf from "@tensorflow/tfjs-core";

let last: Promise<unknown> = Promise.resolve();

/** Does work once all work before it is done: tfjs-core computes on one backend at a time, for the whole process. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work);
  last = mine.catch(() => undefined);
  return mine;
}

/** Does work on a backend, in turn. */
export function onBackend<T>(name: string, work: () => Promise<T>): Promise<T> {
  return inTurn(async () => {
    if (tf.getBackend() !== name) await tf.setBackend(name);
    return work();
  });
}
