"""Writes GGUF files that hold the tokenizers of test/engine/input/golden, as llama.cpp's converter would state them, and the ids that the reference libraries give (tokenizers.json).

Run it in this folder with numpy, gguf, tokenizers and sentencepiece; the files are committed. The tests read them without Python.
"""

import io
import json
from pathlib import Path

import gguf
import numpy as np
import sentencepiece
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers

here = Path(__file__).parent
golden = here.parent.parent / "input" / "golden"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
EXTRA = "It's 20255 WE'LL  go\n\n  x+=10;\tdon't CAFE\u0301 caf\u00e9 <|endoftext|> e\u0301nd   "

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6


def read(kind: str) -> tuple[dict, str]:
    case = json.loads((golden / f"{kind}.json").read_text())
    return case["tokenizer"], case["text"] + EXTRA


def write(name: str, kind: str, tokens: list, kinds: list[int], **entries) -> None:
    writer = gguf.GGUFWriter(here / f"tokenizer-{name}.gguf", "test")
    writer.add_tokenizer_model(kind)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    for method, value in entries.items():
        getattr(writer, f"add_{method}")(value)
    writer.add_tensor("x", np.zeros(1, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def byte_level() -> dict:
    """GPT-2's, and the same vocabulary with the splitting of other models."""
    definition, text = read("gpt2-like")
    vocabulary = sorted(definition["model"]["vocab"], key=definition["model"]["vocab"].get)
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in definition["model"]["merges"]]
    kinds = [CONTROL if token == "<|endoftext|>" else NORMAL for token in vocabulary]
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = lambda digits: pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(CONTRACTIONS + digits + REST), "isolated"), level])
    splittings = {
        "gpt-2": None,
        "llama-bpe": split(r"\p{N}{1,3}"),
        "qwen2": split(r"\p{N}"),
        "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]),
    }
    cases = {}
    for name, splitting in splittings.items():
        tokenizer = Tokenizer.from_str(json.dumps(definition | {"model": definition["model"] | {"ignore_merges": name == "llama-bpe"}}))
        if splitting:
            tokenizer.pre_tokenizer = splitting
        if name == "qwen2":
            tokenizer.normalizer = normalizers.NFC()
        write(name, "gpt2", vocabulary, kinds, token_merges=merges, tokenizer_pre=name, bos_token_id=0, eos_token_id=0)
        cases[name] = {"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids, "prefix": [0] if name == "llama-bpe" else [], "suffix": []}
    write("unknown", "gpt2", vocabulary, kinds, token_merges=merges, tokenizer_pre="nobody-knows")
    return cases


def word_piece() -> dict:
    definition, text = read("bert-like")
    vocabulary = sorted(definition["model"]["vocab"], key=definition["model"]["vocab"].get)
    is_special = lambda token: token.startswith("[") and token.endswith("]")
    phantom = [token if is_special(token) else token[2:] if token.startswith("##") else "\u2581" + token for token in vocabulary]
    kinds = [CONTROL if is_special(token) and len(token) > 2 else NORMAL for token in vocabulary]
    write("bert", "bert", phantom, kinds, token_type_count=2, unk_token_id=1, sep_token_id=3, bos_token_id=2)
    tokenizer = Tokenizer.from_str(json.dumps(definition))
    return {"bert": {"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids, "prefix": [2], "suffix": [3]}}


def sentence_piece() -> dict:
    _, text = read("llama-like")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text.split("\n")), model_writer=model, model_type="bpe", vocab_size=400, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, minloglevel=2
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    count = range(processor.vocab_size())
    kind = lambda id: UNKNOWN if processor.is_unknown(id) else CONTROL if processor.is_control(id) else BYTE if processor.is_byte(id) else NORMAL
    write("llama", "llama", [processor.id_to_piece(id) for id in count], [kind(id) for id in count], token_scores=[processor.get_score(id) for id in count], bos_token_id=1, eos_token_id=2, unk_token_id=0)
    plain = text.replace("<|endoftext|>", "") + " \u4f60 \U0001f39b"
    return {"llama": {"text": plain, "ids": processor.encode(plain), "prefix": [1], "suffix": []}}


if __name__ == "__main__":
    (here / "tokenizers.json").write_text(json.dumps(byte_level() | word_piece() | sentence_piece(), ensure_ascii=False) + "\n")
