import { decodeUtf8 } from "../../checkpoint/byte-cursor";
import type { Value } from "../graph";
import { attribute, type FlatNode } from "./flatten";
import type { OnnxWriter } from "./writer";

/** A node of TensorFlow as those see it who write it in ONNX. */
export class TensorflowNode {
  constructor(
    private readonly node: FlatNode,
    /** The values that it takes. */
    readonly inputs: readonly Value[],
    private readonly writer: OnnxWriter,
  ) {}

  get name(): string {
    return this.node.name;
  }

  /** The value that it takes at a place. @throws where there is none. */
  input(place: number): Value {
    const value = this.inputs.at(place);
    if (value === undefined) throw new Error(`its node "${this.name}" of ${this.node.op} has no input ${place}`);
    return value;
  }

  /** An attribute that is a whole number. */
  int(name: string, otherwise: number): number {
    const stated = attribute(this.node.attr, name)?.i;
    return stated === undefined ? otherwise : Number(stated);
  }

  /** An attribute that is a list of whole numbers. */
  ints(name: string): number[] {
    return (attribute(this.node.attr, name)?.list?.i ?? []).map(Number);
  }

  /** An attribute that is a number. */
  float(name: string, otherwise: number): number {
    return attribute(this.node.attr, name)?.f ?? otherwise;
  }

  /** An attribute that is true or false; false where it isn't stated. */
  flag(name: string, otherwise = false): boolean {
    return attribute(this.node.attr, name)?.b ?? otherwise;
  }

  /** An attribute that is text. */
  text(name: string, otherwise: string): string {
    const stated = attribute(this.node.attr, name)?.s;
    return stated === undefined ? otherwise : decodeUtf8(stated);
  }

  /** An attribute that is a list of texts. */
  texts(name: string): string[] {
    return (attribute(this.node.attr, name)?.list?.s ?? []).map(decodeUtf8);
  }

  /** An attribute that is an element type, TensorFlow's number of it. */
  type(name: string): number | undefined {
    return attribute(this.node.attr, name)?.type;
  }

  /** The integers of an input that ONNX takes as a setting. @throws where they depend on what is fed. */
  setting(place: number): number[] {
    const integers = this.writer.integers(this.input(place));
    if (integers) return integers;
    throw new Error(`its node "${this.name}" computes the settings of ${this.node.op} from what is fed`);
  }
}

/** Writes a node in ONNX. @returns its outputs. */
export type Translation = (node: TensorflowNode, writer: OnnxWriter) => Value | readonly Value[];

/** Translations by the name of TensorFlow's operator. */
export type Translations = Readonly<Record<string, Translation>>;
