import type { Values } from "../../forward";
import { gradientGraph, gradientOf, shapedValues } from "../../graph/gradient/gradients";
import { valueInfo, type Graph, type Value } from "../../graph/graph";
import type { Batch } from "../../input/input";
import type { Runtime, Session } from "../../runtime/runtime";
import { elementCount, type Tensor } from "../../tensor";
import type { Network } from "../network";
import { divergenceNodes, extended, feedsOf, logProbabilities, node, piecesOf, reference, referenceGraph, type Piece, type Predictor } from "../predictor";
import { shapeOf, shapesIn, withShapes } from "./shapes";
import type { Gradient, Gradients } from "./tuned-stage";

/** How far a network is from the original, and which way is nearer. */
export interface Distance {
  /** Mean KL divergence from the original's predictions, in nats; without predictions the square of the relative error of what is handed on last. */
  readonly distance: number;
  /** Gradients of what the network hands on last. */
  readonly gradients: Gradients;
}

/** Measures that for one batch. */
export interface Loss {
  /** @param index of the batch @param values what the network hands on last @param original the same of the original */
  of(index: number, values: Values, original: Values): Promise<Distance>;
  close(): Promise<void>;
}

/** Opens what a network is tuned by. @throws NoGradientError where an operator between the last stage and the predictions has no gradient. */
export async function openLoss({ runtime, predictor, outcomes }: Network, batches: readonly Batch[]): Promise<Loss> {
  return predictor ? openDivergence(runtime, predictor, batches, outcomes) : { of: (_, values, original) => Promise.resolve(relativeError(values, original)), close: () => Promise.resolve() };
}

function relativeError(values: Values, original: Values): Distance {
  const floats = Object.entries(original).filter(([, { type }]) => type === "float32");
  const size = floats.reduce((sum, [, { data }]) => (data as Float32Array).reduce((part, value) => part + value * value, sum), 0) || 1;
  let distance = 0;
  const gradients = floats.map(([name, { data, shape }]): [Value, Gradient] => {
    const own = values[name]!.data as Float32Array;
    const gradient = Float32Array.from(own, (value, index) => (2 * (value - (data[index] as number))) / size);
    distance += gradient.reduce((sum, slope) => sum + (slope * slope * size) / 4, 0);
    return [name, { shape, data: gradient }];
  });
  return { distance, gradients: new Map(gradients) };
}

const divergence = "kl_total";

async function openDivergence(runtime: Runtime, predictor: Predictor, batches: readonly Batch[], outcomes: number): Promise<Loss> {
  const graph = divergenceGraph(predictor.graph);
  const before = await runtime.open(referenceGraph(predictor.graph));
  // Gradients are written for one size of piece: there are two, the last piece of a batch being shorter.
  const sessions = new Map<number, GradientSession>();
  const opened = async (size: number, feeds: Values): Promise<GradientSession> => {
    const known = sessions.get(size) ?? await openGradient(runtime, graph, feeds);
    sessions.set(size, known);
    return known;
  };
  return {
    of: async (index, values, original) => {
      let distance = 0;
      const gradients = new Map<Value, Gradient>();
      for (const piece of piecesOf(predictor, batches[index]!, index, outcomes)) {
        const wanted = (await before.run(feedsOf(predictor, original, piece), [logProbabilities]))[logProbabilities]!;
        const predictions = piece.whole ? elementCount(wanted.shape.slice(0, -1)) : positionsOf(batches[index]!);
        const feeds: Values = { ...feedsOf(predictor, values, piece), [reference]: wanted };
        const { session, by } = await opened(piece.to - piece.from, feeds);
        const found = await session.run({ ...feeds, [gradientOf(divergence)]: { type: "float32", shape: [], data: Float32Array.of(1 / predictions) } }, [divergence, ...by.map(gradientOf)]);
        distance += (found[divergence]!.data[0] as number) / predictions;
        for (const name of by) {
          const value = values[name]!;
          const whole = gradients.get(name) ?? { shape: value.shape, data: new Float32Array(value.data.length) };
          whole.data.set(found[gradientOf(name)]!.data as Float32Array, placeOf(value, piece));
          gradients.set(name, whole);
        }
      }
      return { distance, gradients };
    },
    close: async () => {
      await before.close();
      for (const { session } of sessions.values()) await session.close();
    },
  };
}

function positionsOf({ sequences, sequenceLength }: Batch): number {
  return sequences * sequenceLength;
}

/** Where a piece begins in the data of a value. */
function placeOf({ shape }: Tensor, { from, whole }: Piece): number {
  return whole ? 0 : from * elementCount(shape.slice(2));
}

/** The KL divergence of all predictions together. */
function divergenceGraph(graph: Graph): Graph {
  const sum = node("ReduceSum", ["kl_terms"], divergence, { keepdims: { int: 0 } });
  return extended(graph, [...divergenceNodes(), sum], [valueInfo(reference, "float32")], [divergence]);
}

/** Gives the divergence and its gradients by what a predictor takes. */
interface GradientSession {
  readonly session: Session;
  readonly by: readonly Value[];
}

async function openGradient(runtime: Runtime, graph: Graph, feeds: Values): Promise<GradientSession> {
  const by = Object.entries(feeds).filter(([name, { type }]) => type === "float32" && name !== reference).map(([name]) => name);
  const shaped = shapedValues(graph, by);
  const forth = await runtime.open(withShapes(graph, shaped));
  const given = await forth.run(feeds, [divergence, ...shaped.map(shapeOf)]).finally(() => forth.close());
  return { session: await runtime.open(gradientGraph(graph, [divergence], by, shapesIn({ ...feeds, ...given }), [divergence])), by };
}
