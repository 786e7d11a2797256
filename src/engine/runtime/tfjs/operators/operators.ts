import { UserError } from "../../../../shared/errors";
import type { GraphNode } from "../node";
import { activations } from "./activations";
import { convolutions } from "./convolution";
import { creation } from "./creation";
import { elementwise } from "./elementwise";
import { movements } from "./movements";
import { norms } from "./norms";
import type { Operator, Operators } from "./operator";
import { pools } from "./pools";
import { products } from "./products";
import { reductions } from "./reductions";
import { softmaxes } from "./softmax";

/** Every operator that can be run; a new one is one entry in a file of its kind. */
export const operators: Operators = {
  ...elementwise,
  ...activations,
  ...movements,
  ...creation,
  ...reductions,
  ...softmaxes,
  ...norms,
  ...products,
  ...convolutions,
  ...pools,
};

/**
 * The operator of a node.
 * @throws UserError where there is none of its name.
 */
export function operatorOf(node: GraphNode): Operator {
  const entry = Object.hasOwn(operators, node.opType) ? operators[node.opType] : undefined;
  if (!entry) throw new UserError(`tfjs can't run the operator ${node.opType}; choose the runtime onnxruntime.`);
  return typeof entry === "function" ? entry(node) : entry;
}
