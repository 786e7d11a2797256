import { UserError } from "../../shared/errors";
import type { JsonObject } from "./json";
import { PickleObject } from "./pickle";
import { jsonOfPickle } from "./pickle-json";
import type { PickleDict, PickleValue } from "./pickle";
import { quote } from "./quote";
import { foreignTensor, torchTensor } from "./torch-tensor";
import type { TorchTensor } from "./torch-tensor";

/** The model in a file of torch.save. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Tensors that have no plain elements: what each is, and what to do. */
  readonly foreign: ReadonlyMap<string, string>;
  /** Hyperparameters that stand beside it in the file; absent where there are none. */
  readonly config?: JsonObject;
}

/** Keys under which training programs keep the model, in the order in which they are preferred: averaged weights come after the plain ones. */
const modelKeys = ["state_dict", "model_state_dict", "model", "module", "model_state", "net", "network", "params", "weights", "ema_state_dict", "model_ema", "state_dict_ema", "ema", "params_ema"];

/** Keys that hold tensors of the training, not of the model. */
const trainingKey = /optim|sched|scaler|^rng|rng_state|^loops$|callbacks|^losses$|sampler|dataloader|^args$|history/i;

/** Key of every optimizer's state dict. */
const optimizerKey = "param_groups";

/** Keys under which training programs keep the model's hyperparameters: nanoGPT and llama2.c, Lightning, others. */
const configKeys = ["model_args", "model_config", "hyper_parameters", "hparams", "config", "cfg", "args"];

/** Dictionaries inside dictionaries that are looked through for the model. */
const deepestSearch = 4;

/** Modules inside modules. */
const deepestModule = 32;

/** Longest name of a module. */
const longestName = 4096;

/**
 * Finds the model in what torch.save wrote: a state dict, bare or where training programs keep it, or a whole module.
 * @param path names the file in refusals.
 * @throws UserError where there is none, or there are several.
 */
export function findStateDict(root: PickleValue, path: string): StateDict {
  const found = new Search(path).tensorsIn(root, deepestSearch);
  const tensors = found && plainOnes(found);
  const foreign = new Map([...(found ?? [])].flatMap(([name, tensor]) => (typeof tensor === "string" ? [[name, tensor] as const] : [])));
  const [first] = foreign;
  if (tensors?.size === 0 && first) throw new UserError(`${path}: tensor ${quote(first[0])} ${first[1]}.`);
  if (!tensors || tensors.size === 0) throw new UserError(`${path} holds no weights of a model (no dictionary of tensors); save model.state_dict() with torch.save and name that file.`);
  const config = root instanceof Map ? configIn(root) : undefined;
  return { tensors: withoutWrappers(tensors), foreign: withoutWrappers(foreign), ...(config && { config }) };
}

/** Tensors by name; of one without plain elements, what it is. */
type Tensors = Map<string, TorchTensor | string>;

function plainOnes(tensors: Tensors): Map<string, TorchTensor> {
  return new Map([...tensors].flatMap(([name, tensor]) => (typeof tensor === "string" ? [] : [[name, tensor] as const])));
}

class Search {
  /** Values may be shared, and may contain themselves. */
  private readonly seen = new Set<PickleValue>();

  constructor(private readonly path: string) {}

  tensorsIn(value: PickleValue, depth: number): Tensors | undefined {
    if (value instanceof PickleObject) return this.tensorsOfModule(value);
    if (!(value instanceof Map) || depth < 0 || value.has(optimizerKey) || this.seen.has(value)) return undefined;
    this.seen.add(value);
    const own = tensorsOfDict(value);
    const areMost = own !== undefined && 2 * own.size > value.size;
    return this.underKnownKey(value, depth) ?? (areMost ? own : (this.underOnlyKey(value, depth) ?? own));
  }

  private underKnownKey(dict: PickleDict, depth: number): Tensors | undefined {
    for (const key of modelKeys) {
      const tensors = this.tensorsIn(dict.get(key) ?? null, depth - 1);
      if (tensors) return tensors;
    }
    return undefined;
  }

  private underOnlyKey(dict: PickleDict, depth: number): Tensors | undefined {
    const found = [...dict].flatMap(([key, value]) => {
      const tensors = typeof key === "string" && !trainingKey.test(key) ? this.tensorsIn(value, depth - 1) : undefined;
      return tensors ? [{ key: key as string, tensors }] : [];
    });
    if (found.length < 2) return found[0]?.tensors;
    const keys = found.slice(0, 4).map(({ key }) => quote(key)).join(", ");
    throw new UserError(`${this.path} holds several models (${keys}${found.length > 4 ? ", …" : ""}); save the one that you mean in a file of its own.`);
  }

  /** The parameters and buffers of a module that was saved whole, as its state_dict() would name them; what stands in several places is named once. */
  private tensorsOfModule(root: PickleObject): Tensors | undefined {
    const tensors: Tensors = new Map();
    const collect = (module: PickleObject, prefix: string, depth: number): void => {
      const { state } = module;
      if (!(state instanceof Map) || depth < 0 || prefix.length > longestName || this.seen.has(module)) return;
      this.seen.add(module);
      for (const part of partsOf(state)) {
        if (this.seen.has(part)) continue;
        this.seen.add(part);
        for (const [name, value] of part) {
          if (typeof name !== "string") continue;
          const tensor = torchTensor(value) ?? foreignTensor(value);
          if (tensor) tensors.set(prefix + name, tensor);
          else if (value instanceof PickleObject) collect(value, `${prefix}${name}.`, depth - 1);
        }
      }
    };
    collect(root, "", deepestModule);
    return tensors.size > 0 ? tensors : undefined;
  }
}

function tensorsOfDict(dict: PickleDict): Tensors | undefined {
  const tensors: Tensors = new Map();
  for (const [name, value] of dict) {
    const tensor = torchTensor(value) ?? foreignTensor(value);
    if (tensor && typeof name === "string") tensors.set(name, tensor);
  }
  return tensors.size > 0 ? tensors : undefined;
}

/** The dictionaries in which a module keeps its tensors and modules; TorchScript keeps all of them among the attributes. */
function partsOf(attributes: PickleDict): PickleDict[] {
  if (!attributes.has("_modules")) return [attributes];
  return ["_parameters", "_buffers", "_modules"].map((key) => attributes.get(key)).filter((part) => part instanceof Map);
}

/** Parts of names that come from wrappers around a model (torch.compile, FSDP, activation checkpointing), and not from the model. */
const wrapperParts = /(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\./g;

/** Prefix of every name in a model that DataParallel or DistributedDataParallel wraps. */
const parallelPrefix = "module.";

function withoutWrappers<T>(tensors: ReadonlyMap<string, T>): Map<string, T> {
  const names = [...tensors.keys()];
  const isParallel = names.every((name) => name.startsWith(parallelPrefix));
  return new Map([...tensors].map(([name, tensor]) => [(isParallel ? name.slice(parallelPrefix.length) : name).replaceAll(wrapperParts, "$1"), tensor]));
}

/** The hyperparameters; a model_type in them is not that of Hugging Face, which alone says what a model is. */
function configIn(root: PickleDict): JsonObject | undefined {
  for (const key of configKeys) {
    const entries = Object.entries(jsonOfPickle(root.get(key) ?? null) ?? {}).filter(([name]) => name !== "model_type");
    if (entries.length > 0) return Object.fromEntries(entries);
  }
  return undefined;
}
