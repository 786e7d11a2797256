import { elementType, integer } from "../element-types";
import type { TensorflowNode, Translation, Translations } from "../node";
import type { OnnxWriter } from "../writer";

/** One of ONNX's operators, as it is. */
export const as = (opType: string): Translation => (node, writer) => writer.op(opType, node.inputs);

/** A number of the type that a node computes with. */
const number = (node: TensorflowNode, writer: OnnxWriter, value: number): string => writer.number(value, node.type("T"));

/** Whether a node computes with whole numbers, which ONNX divides without a rest. */
const isWhole = (node: TensorflowNode): boolean => elementType(node.type("T"))?.computed === integer;

const not = (opType: string): Translation => (node, writer) => writer.op("Not", [writer.op(opType, node.inputs)]);

const squaredDifference: Translation = (node, writer) => {
  const difference = writer.op("Sub", node.inputs);
  return writer.op("Mul", [difference, difference]);
};

const floorDivision: Translation = (node, writer) => {
  const quotient = writer.op("Div", node.inputs);
  if (!isWhole(node)) return writer.op("Floor", [quotient]);
  const rest = writer.op("Mod", node.inputs);
  return writer.op("Div", [writer.op("Sub", [node.input(0), rest]), node.input(1)]);
};

const floorRest: Translation = (node, writer) => {
  if (isWhole(node)) return writer.op("Mod", node.inputs);
  const whole = writer.op("Mul", [writer.op("Floor", [writer.op("Div", node.inputs)]), node.input(1)]);
  return writer.op("Sub", [node.input(0), whole]);
};

/** a / b, and 0 where b is 0. */
const divisionWithoutNan: Translation = (node, writer) => {
  const zero = number(node, writer, 0);
  return writer.op("Where", [writer.op("Equal", [node.input(1), zero]), zero, writer.op("Div", node.inputs)]);
};

const sum: Translation = (node, writer) => node.inputs.slice(1).reduce((total, value) => writer.op("Add", [total, value]), node.input(0));

/** A bias of channels, which stand last or second. */
const biasAdd: Translation = (node, writer) => {
  const [value, bias] = [node.input(0), node.input(1)];
  if (node.text("data_format", "NHWC") !== "NCHW") return writer.op("Add", [value, bias]);
  return writer.op("Add", [value, writer.op("Unsqueeze", [bias, writer.ints([1, 2])])]);
};

const cast: Translation = (node, writer) => {
  const type = elementType(node.type("DstT"));
  if (!type) throw new Error(`its node "${node.name}" casts to what is no number`);
  return writer.op("Cast", [node.input(0)], { to: { int: type.computed } });
};

const clip: Translation = (node, writer) => writer.op("Min", [writer.op("Max", [node.input(0), node.input(1)]), node.input(2)]);

/** Operators that compute each element by itself. */
export const elementwise: Translations = {
  Add: as("Add"),
  AddV2: as("Add"),
  AddN: sum,
  BiasAdd: biasAdd,
  Sub: as("Sub"),
  Mul: as("Mul"),
  RealDiv: as("Div"),
  Div: as("Div"),
  DivNoNan: divisionWithoutNan,
  FloorDiv: floorDivision,
  FloorMod: floorRest,
  Maximum: as("Max"),
  Minimum: as("Min"),
  ClipByValue: clip,
  Pow: as("Pow"),
  Square: (node, writer) => writer.op("Mul", [node.input(0), node.input(0)]),
  SquaredDifference: squaredDifference,
  Sqrt: as("Sqrt"),
  Rsqrt: (node, writer) => writer.op("Reciprocal", [writer.op("Sqrt", node.inputs)]),
  Reciprocal: as("Reciprocal"),
  Inv: as("Reciprocal"),
  Neg: as("Neg"),
  Abs: as("Abs"),
  Sign: as("Sign"),
  Floor: as("Floor"),
  Ceil: as("Ceil"),
  Round: as("Round"),
  Rint: as("Round"),
  Exp: as("Exp"),
  Expm1: (node, writer) => writer.op("Sub", [writer.op("Exp", node.inputs), number(node, writer, 1)]),
  Log: as("Log"),
  Log1p: (node, writer) => writer.op("Log", [writer.op("Add", [node.input(0), number(node, writer, 1)])]),
  Sin: as("Sin"),
  Cos: as("Cos"),
  Tan: as("Tan"),
  Asin: as("Asin"),
  Acos: as("Acos"),
  Atan: as("Atan"),
  Sinh: as("Sinh"),
  Cosh: as("Cosh"),
  Asinh: as("Asinh"),
  Acosh: as("Acosh"),
  Atanh: as("Atanh"),
  Erf: as("Erf"),
  Erfc: (node, writer) => writer.op("Sub", [number(node, writer, 1), writer.op("Erf", node.inputs)]),
  Tanh: as("Tanh"),
  Sigmoid: as("Sigmoid"),
  Relu: as("Relu"),
  Relu6: (node, writer) => writer.op("Min", [writer.op("Relu", node.inputs), number(node, writer, 6)]),
  LeakyRelu: (node, writer) => writer.op("LeakyRelu", node.inputs, { alpha: { float: node.float("alpha", 0.2) } }),
  Elu: as("Elu"),
  Selu: as("Selu"),
  Softplus: as("Softplus"),
  Softsign: as("Softsign"),
  IsNan: as("IsNaN"),
  IsInf: as("IsInf"),
  IsFinite: (node, writer) => writer.op("Not", [writer.op("Or", [writer.op("IsNaN", node.inputs), writer.op("IsInf", node.inputs)])]),
  Equal: as("Equal"),
  NotEqual: not("Equal"),
  Less: as("Less"),
  LessEqual: as("LessOrEqual"),
  Greater: as("Greater"),
  GreaterEqual: as("GreaterOrEqual"),
  LogicalAnd: as("And"),
  LogicalOr: as("Or"),
  LogicalNot: as("Not"),
  Select: as("Where"),
  SelectV2: as("Where"),
  Cast: cast,
};
