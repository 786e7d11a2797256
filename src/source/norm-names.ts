import type { NormKind } from "../shared/norm";
import type { Framework } from "./norm-site";

/** Classes that end in or contain such a name make norm layers: T5LayerNorm, LayerNorm2d, FusedRMSNorm, LayerNormalization. */
const normClass = /(Layer|RMS|Rms|Group)_?Norm/;

/** ... but for what only has to do with them: settings, autograd functions, and modules of which a norm is a part. */
const relatedClass = /Ada(ptive)?LayerNorm|(Config|Function|Func|Args|Params|Spec|Linear|MLP|Mlp|Block|Cell|Kernel|Type|Mode|Layer|LSTM|GRU|Attention|Residual|Builder|Factory|Policy|Error)\d*$/;

/** Classes whose layers take a norm's place: DyT, DynamicTanh, LigerDyT; Derf, DynamicErf. */
const elementWiseClass = /(DyT|DynamicTanh|(Derf|DynamicErf))(Norm)?(\dd)?$/;

/** Norms that are none of a row, and functions on weights and gradients. */
const foreignNorm = /Batch|Instance|Weight|Spectral|Sync|Grad|LocalResponse/i;

/** Names that hold a norm class: norm_layer, norm_cls, layer_norm_class, NormLayer. */
const normVariable = /(^|_)norm_?(layer|cls|class|klass|factory|constructor)$|^Norm(Layer|Class|Cls)?$/;

/** Functions that make a norm layer: get_norm, build_norm_layer. */
const normMaker = /^_?(get|make|build|create)_((layer|rms|group)_?)?norm$|^_?(make|build|create)_((layer|rms|group)_?)?norm_layer$/;

/** Functions that give a norm class: get_norm_layer, get_norm_class. */
const normClassGiver = /^_?(get|make|build|create|resolve)_.*norm_?(layer|class|cls)(_type)?$/;

/** Functions that normalise, by the name that torch gives them. */
const normFunctions = new Map<string, NormKind>([
  ["layer_norm", "layernorm"],
  ["native_layer_norm", "layernorm"],
  ["rms_norm", "rmsnorm"],
  ["group_norm", "groupnorm"],
]);

/** Tables of norm classes: NORM2CLASS, norm_classes. */
const normTable = /^[A-Z\d_]*NORM[A-Z\d_]*$|norm_?(classes|class_map|cls|dict|map|table|types?|registry)$|to_norm$/;

/** Last segment of a dotted name. */
export function lastName(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf(".") + 1);
}

/** Whether a class is a norm layer's, or one's that takes its place, as far as its name tells. */
export function namesNormClass(name: string): boolean {
  const isNorm = normClass.test(name) && !relatedClass.test(name) && !foreignNorm.test(name);
  return /^_*[A-Z]/.test(name) && (isNorm || elementWiseClass.test(name));
}

/** Whether a class of the file might be a norm layer's: its body tells, since PreNorm and AddNorm have the ending too. */
export function mayNameNormClass(name: string): boolean {
  return /Norm(\dd)?$/.test(name) && !foreignNorm.test(name);
}

/** Whether a name holds a norm class that the source does not tell, so that calling it makes a norm layer. */
export function namesNormVariable(name: string): boolean {
  return normMaker.test(name) || (normVariable.test(name) && !normClassGiver.test(name));
}

/** Whether calling a function gives a norm class, which makes a norm layer where that is called in turn. */
export function namesNormClassGiver(name: string): boolean {
  return normClassGiver.test(name) && !normMaker.test(name);
}

/** Whether a name is of a table of norm classes. */
export function namesNormTable(name: string): boolean {
  return normTable.test(name) && !foreignNorm.test(name);
}

/** Whether a name is of a norm that normalises no row: BatchNorm2d. */
export function namesForeignNorm(name: string): boolean {
  return /Norm/.test(name) && foreignNorm.test(name);
}

/** What a norm class computes, by its name. T5's class calls itself a LayerNorm and subtracts no mean. */
export function kindOfClass(name: string): NormKind | undefined {
  const elementWise = elementWiseClass.exec(name);
  if (elementWise !== null) return elementWise[2] === undefined ? "dyt" : "derf";
  if (/Group_?Norm/.test(name)) return "groupnorm";
  if (/R(MS|ms)_?Norm|T5LayerNorm/.test(name)) return "rmsnorm";
  return /LayerNorm|Layer_Norm/.test(name) ? "layernorm" : undefined;
}

/** What a function normalises; undefined for every other function. */
export function kindOfFunction(dotted: string): NormKind | undefined {
  return /^(torch|F|mlx|paddle)\./.test(dotted) ? normFunctions.get(lastName(dotted)) : undefined;
}

/** Whose a module or class is, by the package it is imported from. */
export function frameworkOfPackage(dotted: string): Framework | undefined {
  if (/^(torch|apex|transformers|timm)\b/.test(dotted)) return "torch";
  if (/^(flax|haiku|equinox)\b/.test(dotted)) return "flax";
  return /^(keras|tensorflow|tf_keras|keras_nlp|keras_hub)\b/.test(dotted) ? "keras" : undefined;
}
