import { beforeAll, describe, expect, it } from "vitest";
import { isElementWise } from "../../src/shared/norm";
import { replaceWithDyt, type ReplacementOptions } from "../../src/source/dyt-replacement";
import { findNormSites } from "../../src/source/norm-sites";
import type { PythonParser } from "../../src/source/python-parser";
import { applyEdits } from "./apply-edits";
import { corpusNames, corpusText, loadPython } from "./python";
import { hasPython, pythonErrors } from "./run-python";

let parser: PythonParser;
beforeAll(async () => {
  parser = await loadPython();
});

/** A text with one of its norms replaced, the first unless another is asked for; undefined where that is not offered. */
function replaced(text: string, { at = 0, alpha = 0.32, ...options }: ReplacementOptions & { at?: number; alpha?: number } = {}): string | undefined {
  const edits = replaceWithDyt(parser, text, findNormSites(parser, text).sites.filter(({ kind }) => kind === undefined || !isElementWise(kind))[at]!, alpha, options);
  return edits && applyEdits(text, edits);
}

/** A text with each of its sites replaced, where that is offered. */
function allReplaced(text: string, options: ReplacementOptions): string[] {
  return findNormSites(parser, text).sites.flatMap((site) => {
    const edits = replaceWithDyt(parser, text, site, 0.32, options);
    return edits === undefined ? [] : [applyEdits(text, edits)];
  });
}

const lines = (...all: string[]) => all.join("\n") + "\n";
const importLine = "from normlens_dyt import DyT";

describe.runIf(hasPython)("replaced corpus (skipped where python3 is absent)", () => {
  it.each(corpusNames.filter((name) => !["mid_typing", "flax_nnx", "dyt_linen"].includes(name)))("%s: Python runs every replacement", (name) => {
    const text = corpusText(name);
    const results = [...allReplaced(text, {}), ...allReplaced(text.replaceAll("\n", "\r\n"), { importLine })];
    expect(results.length).toBeGreaterThan(0);
    expect(pythonErrors([text, ...results])).toEqual([]);
  });
});

describe.runIf(hasPython)("a replacement in a file whose imports are no plain ones (skipped where python3 is absent)", () => {
  const block = lines("class Block:", "    def __init__(self, dim):", "        self.norm = nn.LayerNorm(dim)");
  const made = lines("Block(4)");

  it.each([
    ["imports in a try", lines("import os", "try:", "    import torch", "    import torch.nn as nn", "except ImportError:", "    torch = None") + block + made],
    ["imports for type checkers", lines("from typing import TYPE_CHECKING", "import torch.nn as nn", "if TYPE_CHECKING:", "    import torch") + block + made],
    ["an import for type checkers alone", lines("from typing import TYPE_CHECKING", "if TYPE_CHECKING:", "    import torch", "import torch.nn as nn") + block + made],
    ["imports after the class", block + lines("import torch", "import torch.nn as nn") + made],
    ["an import of nn after the class", lines("import torch") + block + lines("import torch.nn as nn") + made],
    ["an import of torch after the class", lines("import torch.nn as nn") + block + lines("import torch", "x = 1") + made],
    ["imports of either branch", lines("import sys", "if sys.argv:", "    import torch.nn as nn", "else:", "    from torch import nn") + block + made],
    ["a line for import and norm", lines("import torch; n = torch.nn.LayerNorm(4)")],
    ["a line for import and norm, after another import", lines('"""Doc."""', "import os", "import torch; n = torch.nn.LayerNorm(4)")],
    ["a string of several lines behind an import", lines('import torch; X = """a', ' b"""', "n = torch.nn.LayerNorm(4)")],
    ["a call of several lines behind an import", lines("import torch; divmod(1,", " 2)", "n = torch.nn.LayerNorm(4)")],
    ["an import that goes on in an empty line", lines("import torch.nn as nn \\", "", "n = nn.LayerNorm(4)")],
    ["an import of several lines", lines("import torch", "from torch import (  # both", "    nn,", "    optim,", ")  # done", "n = nn.LayerNorm(4)")],
    ["semicolons", lines("import os; import torch;  # both", "n = torch.nn.LayerNorm(4)")],
    ["no import", lines("#!/usr/bin/env python", "", '"""Doc."""', "", "def f(torch):", "    return torch.nn.LayerNorm(4)")],
    ["a docstring and a future import", lines('"""Doc."""', "from __future__ import annotations", "def f(torch):", "    return torch.nn.LayerNorm(4)")],
    ["an import in a function", lines("def f():", "    import torch.nn as nn", "    return nn.LayerNorm(4)", "f()")],
    ["a DyT that is bound later, before anything is called", lines("from torch import nn") + block + lines("class DyT:", "    def __init__(self, dim, alpha_init_value): pass") + made],
    ["a partial that is imported later", lines("from torch import nn", "import torch", "def block(dim, norm_layer=nn.LayerNorm):", "    return norm_layer(dim)", "from functools import partial", "block(4)")],
    ["a partial that is imported in a branch", lines("from torch import nn", "try:", "    import x", "except ImportError:", "    from functools import partial", "def block(dim, norm_layer=nn.LayerNorm):", "    return norm_layer(dim)", "block(4)")],
    ["linen in a try", lines("import os", "try:", "    import flax.linen as nn", "except ImportError:", "    pass", "def f():", "    return nn.LayerNorm()", "f()")],
    ["keras imported on the line of the norm", lines("import os", "import keras; n = keras.layers.LayerNormalization()")],
  ])("%s", (_, text) => {
    const texts = [text, text.replaceAll("\n", "\r\n"), text.trimEnd()];
    const results = texts.map((each) => replaced(each));
    expect(results.every((result) => result?.includes("alpha_init_value=0.32"))).toBe(true);
    expect(pythonErrors([...texts, ...(results as string[])])).toEqual([]);
    expect(pythonErrors(texts.map((each) => replaced(each, { importLine })!))).toEqual([]);
  });

  it.each([
    ["a DyT that is bound after the module needs it", lines("from torch import nn", "norm = nn.LayerNorm(4)", "class DyT: pass")],
    ["a DyT that is bound after the module calls what needs it", lines("from torch import nn") + block + made + lines("class DyT: pass")],
    ["a DyT that is bound in a branch", lines("from torch import nn", "if fast:", "    from fast import DyT", "norm = nn.LayerNorm(4)")],
    ["a future import on the line of the norm", lines("from __future__ import annotations; import torch; n = torch.nn.LayerNorm(4)")],
    ["a docstring on the line of the norm", lines('"""Doc."""; import torch; n = torch.nn.LayerNorm(4)')],
    ["what is no Python before", lines("import torch", "foo(1,", "norm = torch.nn.LayerNorm(4)")],
  ])("is not offered for %s", (_, text) => {
    expect(replaced(text, { importLine })).toBeUndefined();
    expect(replaced(text)).toBeUndefined();
  });

  it("is not offered where the file has a name of the class for something else", () => {
    expect(replaced(lines("if fast:", "    import torch.nn as nn", "else:", "    import fast.nn as nn", "norm = nn.LayerNorm(4)"))).toBeUndefined();
    expect(replaced(lines("from norms import LayerNorm", "nn = 3", "norm = LayerNorm(4)"))).toBeUndefined();
    expect(replaced(lines("from torch import nn", "def partial(): pass", "def block(norm_layer=nn.LayerNorm): pass"), { importLine })).toBeUndefined();
  });
});

describe("a site that was found in another text", () => {
  it("gives an edit of what stands there now", () => {
    const [site] = findNormSites(parser, "from torch import nn\nnorm = nn.LayerNorm(8)").sites;
    const edited = (text: string) => {
      const edits = replaceWithDyt(parser, text, site!, 0.5, { importLine });
      return edits && applyEdits(text, edits).split("\n").at(-1);
    };
    expect(edited("from torch import nn\nnorm = nn.LayerNorm(dim, eps=1e-6)")).toBe("norm = DyT(dim, alpha_init_value=0.5)");
    expect(edited("from torch import nn\nnorm = nn.LayerNorm(2 * a)  # x")).toBe("norm = DyT(2 * a, alpha_init_value=0.5)  # x");
    expect(edited("from torch import nn\nnorm = nn.GroupNorm(8)")).toBeUndefined();
    expect(edited("from torch import nn\nnorm = nn.Linear(8, 8)")).toBeUndefined();
    expect(edited("from torch import nn\nnorms = nn.LayerNorm(8)")).toBeUndefined();
    expect(edited("norm = nn.LayerNorm(8)")).toBeUndefined();
    expect(edited("class LayerNorm2d: pass\nnorm = nn.LayerNorm(8, channels_first)")).toBeUndefined();
  });
});

describe("replaceWithDyt in torch", () => {
  it("writes the call and, once, the class", () => {
    const text = lines("import torch", "from torch import nn", "", "", "class Block(nn.Module):", "    def __init__(self, dim):", "        self.norm1 = nn.LayerNorm(dim, eps=1e-6)", "        self.norm2 = nn.LayerNorm(normalized_shape=dim)");
    const once = replaced(text)!;
    expect(once).toBe(
      lines(
        "import torch",
        "from torch import nn",
        "",
        "",
        "class DyT(nn.Module):",
        '    """Dynamic Tanh (arXiv 2503.10622), in the place of a norm layer."""',
        "",
        "    def __init__(self, normalized_shape, alpha_init_value=0.5):",
        "        super().__init__()",
        "        self.alpha = nn.Parameter(torch.ones(1) * alpha_init_value)",
        "        self.weight = nn.Parameter(torch.ones(normalized_shape))",
        "        self.bias = nn.Parameter(torch.zeros(normalized_shape))",
        "",
        "    def forward(self, x):",
        "        return self.weight * torch.tanh(self.alpha * x) + self.bias",
        "",
        "",
        "class Block(nn.Module):",
        "    def __init__(self, dim):",
        "        self.norm1 = DyT(dim, alpha_init_value=0.32)",
        "        self.norm2 = nn.LayerNorm(normalized_shape=dim)",
      ),
    );
    const twice = replaced(once)!;
    expect(twice).toContain("self.norm2 = DyT(dim, alpha_init_value=0.32)");
    expect(twice.split("class DyT")).toHaveLength(2);
  });

  it("writes the class in the names of the file, and imports what is missing", () => {
    const own = replaced(lines("import torch.nn as tnn", "norm = tnn.LayerNorm(8)"))!;
    expect(own).toContain(lines("import torch.nn as tnn", "import torch", "", "", "class DyT(tnn.Module):"));
    expect(own).toMatch(/self\.bias\n\n\nnorm = DyT\(8, alpha_init_value=0\.32\)\n$/);
    expect(replaced(lines("import torch", "norm = torch.nn.LayerNorm(8)"))).toContain("class DyT(torch.nn.Module):");
    expect(replaced(lines("from .norms import LayerNorm", "norm = LayerNorm(8)"))).toContain(lines("from .norms import LayerNorm", "import torch", "from torch import nn", "", "", "class DyT(nn.Module):"));
  });

  it("keeps line ends and indentation", () => {
    const text = "import torch\r\nfrom torch import nn\r\n\r\nclass Block(nn.Module):\r\n\tdef __init__(self, dim):\r\n\t\tself.norm = nn.LayerNorm(dim)\r\n";
    const result = replaced(text)!;
    expect(result.replaceAll("\r\n", "")).not.toContain("\n");
    expect(result).toContain("class DyT(nn.Module):\r\n\t\"\"\"");
    expect(result).toContain("\r\n\t\tsuper().__init__()\r\n");
  });

  it("imports instead, after docstring and imports", () => {
    expect(replaced(lines('"""Model."""', "", "from __future__ import annotations", "import torch.nn as nn  # layers", "", "norm = nn.LayerNorm(8)"), { importLine })).toBe(
      lines('"""Model."""', "", "from __future__ import annotations", "import torch.nn as nn  # layers", importLine, "", "norm = DyT(8, alpha_init_value=0.32)"),
    );
    expect(replaced(lines('"""Model."""', "norm = nn.LayerNorm(8)"), { importLine })).toBe(lines('"""Model."""', "", importLine, "norm = DyT(8, alpha_init_value=0.32)"));
    expect(replaced(lines("#!/usr/bin/env python", "norm = nn.LayerNorm(8)"), { importLine })).toBe(lines("#!/usr/bin/env python", importLine, "", "", "norm = DyT(8, alpha_init_value=0.32)"));
  });

  it("takes a DyT that the file has", () => {
    const text = lines("from torch import nn", "from dynamic_tanh import DynamicTanh as DyT", "norm = nn.LayerNorm(8)");
    expect(replaced(text)).toBe(lines("from torch import nn", "from dynamic_tanh import DynamicTanh as DyT", "norm = DyT(8, alpha_init_value=0.32)"));
  });

  it("never imports after the place that needs it", () => {
    expect(replaced(lines("import torch.nn as nn", "norm = nn.LayerNorm(8)", "import os"), { importLine })).toBe(
      lines("import torch.nn as nn", importLine, "norm = DyT(8, alpha_init_value=0.32)", "import os"),
    );
  });

  it("hands on a partial", () => {
    const text = lines("from torch import nn", "", "def block(dim, norm_layer=nn.LayerNorm):", "    return norm_layer(dim)");
    expect(replaced(text, { importLine })).toBe(
      lines("from torch import nn", "from functools import partial", importLine, "", "def block(dim, norm_layer=partial(DyT, alpha_init_value=0.32)):", "    return norm_layer(dim)"),
    );
    expect(replaced(text, { importLine, at: 1 })).toContain("    return DyT(dim, alpha_init_value=0.32)\n");
    const known = lines("import functools as ft", "from torch import nn", "norm_layer = None", "norm_layer = norm_layer or ft.partial(nn.LayerNorm, eps=1e-6)");
    expect(replaced(known, { importLine })).toContain("norm_layer or ft.partial(DyT, alpha_init_value=0.32)\n");
  });

  it("does not hand on where norms are made with more than a DyT takes", () => {
    const text = lines("from torch import nn", "def block(dim, norm_layer=nn.LayerNorm):", "    return norm_layer(dim, eps=1e-5)");
    expect(replaced(text)).toBeUndefined();
    expect(replaced(text, { at: 1, importLine })).toContain("return DyT(dim, alpha_init_value=0.32)");
  });

  it("writes alpha with four digits", () => {
    const text = lines("from torch import nn", "norm = nn.LayerNorm(8)");
    expect(replaced(text, { importLine, alpha: 0.123456 })).toContain("alpha_init_value=0.1235)");
    expect(replaced(text, { importLine, alpha: 1 })).toContain("alpha_init_value=1)");
  });

  it.each([
    ["a function", "y = torch.nn.functional.layer_norm(x, (8,))"],
    ["groups", "norm = nn.GroupNorm(4, 8)"],
    ["channels first", "norm = LayerNorm2d(8)"],
    ["channels first by an argument", 'norm = LayerNorm(8, data_format="channels_first")'],
    ["an unknown number of channels", "norm = LlamaRMSNorm(config)"],
    ["no argument", "norm = nn.LayerNorm()"],
  ])("is not offered for %s", (_, line) => {
    expect(replaced(lines("import torch", "from torch import nn", line))).toBeUndefined();
  });

  it("is not offered for other frameworks, nor for a site of another text", () => {
    expect(replaced(lines("import mlx.nn as nn", "norm = nn.LayerNorm(8)"))).toBeUndefined();
    expect(replaced(lines("from flax import nnx", "norm = nnx.LayerNorm(8, rngs=rngs)"))).toBeUndefined();
    const [site] = findNormSites(parser, "norm = nn.LayerNorm(8)").sites;
    expect(replaceWithDyt(parser, "normal = nn.LayerNorm(8)", site!, 0.5)).toBeUndefined();
  });
});

describe("replaceWithDyt in flax and keras", () => {
  it("keeps the name of a linen module", () => {
    const text = lines("import flax.linen as nn", "", "", "class Block(nn.Module):", "    @nn.compact", "    def __call__(self, x):", '        return nn.LayerNorm(epsilon=1e-6, name="ln_1")(x)');
    const result = replaced(text)!;
    expect(result).toContain('        return DyT(alpha_init_value=0.32, name="ln_1")(x)\n');
    expect(result).toContain(lines("class DyT(nn.Module):", '    """Dynamic Tanh (arXiv 2503.10622), in the place of a norm layer."""', "", "    alpha_init_value: float = 0.5"));
  });

  it("keeps the name of a keras layer", () => {
    const text = lines("from tensorflow.keras import layers", 'norm = layers.LayerNormalization(name="ln")');
    const result = replaced(text)!;
    expect(result).toContain('norm = DyT(alpha_init_value=0.32, name="ln")\n');
    expect(result).toContain(lines("from tensorflow import keras", "", "", "class DyT(keras.layers.Layer):"));
    expect(replaced(lines("import tensorflow as tf", "norm = tf.keras.layers.LayerNormalization()"))).toContain("class DyT(tf.keras.layers.Layer):");
  });
});

describe("applyEdits", () => {
  it("applies all to the text as it was", () => {
    const at = (line: number, from: number, to: number) => ({ start: { line, column: from }, end: { line, column: to } });
    expect(applyEdits("ab\r\ncd", [{ span: at(0, 0, 1), text: "xyz" }, { span: at(1, 2, 2), text: "!" }, { span: at(0, 2, 2), text: "-" }])).toBe("xyzb-\r\ncd!");
  });
});
