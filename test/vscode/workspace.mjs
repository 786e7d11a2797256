// The workspace that the tests in VS Code open: two folders, with a space and letters outside ASCII in their names.
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const golden = join(import.meta.dirname, "../engine/architecture/golden");
const sample = join(import.meta.dirname, "../../media/samples/gpt2");

/** Source whose norm layers are those of the sample. */
const modelSource = `import torch.nn as nn


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.attn = Attention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.mlp = MLP(config)


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.h = nn.ModuleList([Block(config) for _ in range(config.n_layer)])
        self.ln_f = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
`;

/** Makes the workspace in a new folder, and returns the path of its .code-workspace file. */
export function makeTestWorkspace() {
  const home = mkdtempSync(join(tmpdir(), "normlens workspace "));
  const [first, second] = ["Modèle 1", "second folder"].map((name) => join(home, name));
  for (const folder of [first, second]) mkdirSync(folder);
  cpSync(sample, join(first, "gpt2"), { recursive: true });
  // Without its tokenizer it is fed random ids, as many as are asked for: a run that takes its time.
  mkdirSync(join(first, "no tokenizer"));
  for (const name of ["config.json", "model.safetensors"]) cpSync(join(sample, name), join(first, "no tokenizer", name));
  mkdirSync(join(first, "dyt"));
  for (const name of ["config.json", "model.safetensors"]) cpSync(join(golden, "dyt-gpt2", name), join(first, "dyt", name));
  mkdirSync(join(first, "broken"));
  cpSync(join(sample, "config.json"), join(first, "broken", "config.json"));
  writeFileSync(join(first, "broken", "model.safetensors"), "version https://git-lfs.github.com/spec/v1\n");
  writeFileSync(join(second, "model.py"), modelSource);
  const file = join(home, "test.code-workspace");
  writeFileSync(file, JSON.stringify({ folders: [{ path: first }, { path: second }], settings: { "files.simpleDialog.enable": true, "files.watcherExclude": {} } }));
  return file;
}
