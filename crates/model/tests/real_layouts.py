"""Makes small checkpoints with random weights in the layouts of real families, with `transformers`, `tokenizers` and `peft`,
and writes beside each what those compute with it (`expected.json`). Argument: the folder to write into."""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, LlamaConfig, PreTrainedTokenizerFast, Qwen2Config

TEXTS = [
    "Emma has 12 apples and 3456 pears; she's got 7.5 left.\n\n  def solve(x):\n\treturn x ** 2\n",
    "Ünïcode: naïve façade – 漢字, emoji 🙂, e\u0301 composed.  Trailing spaces   ",
    "I'LL they're 1234567 '''quoted'''\r\n\r\nnext",
]
CORPUS = TEXTS * 20 + [f"row {i} of words and wordings, {i * 7919}" for i in range(400)]

QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")

# Not the families' own templates, but what those use: default system messages, slices, tests, methods, filters.
QWEN_CHAT = """{%- if messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- set rest = messages[1:] %}
{%- else %}
    {{- '<|im_start|>system\\nYou are a test.<|im_end|>\\n' }}
    {%- set rest = messages %}
{%- endif %}
{%- if tools %}{{- tools | tojson }}{%- endif %}
{%- for message in rest %}
    {%- if (message.role == "user") or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content.strip() + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
LLAMA_CHAT = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- set ns = namespace(system='') %}
{%- if messages[0]['role'] == 'system' %}
    {%- set ns.system = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\nToday: " + date_string + "\\n" + ns.system + "<|eot_id|>" }}
{%- if tools is not none %}{{- raise_exception("no tools") }}{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""


def tokenizer(pattern, specials, chat, bos=None, eos=None, pad=None, nfc=False, ignore_merges=False, gpt2=False):
    raw = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if nfc:
        raw.normalizer = normalizers.NFC()
    if gpt2:
        raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        raw.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False))
    raw.add_special_tokens(specials)
    raw.add_tokens(["<tool_call>"])
    if bos:
        raw.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", special_tokens=[(bos, raw.token_to_id(bos))]
        )
    fast = PreTrainedTokenizerFast(tokenizer_object=raw, bos_token=bos, eos_token=eos, pad_token=pad)
    fast.chat_template = chat
    return fast


def expected(folder, name, model, tok, extra=None):
    """What `transformers` computes, from the saved folder, in f32."""
    rows = []
    for text in TEXTS:
        ids = tok(text, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -1].tolist()
        rows.append({"text": text, "ids": ids, "logits": logits})
    chats = [
        tok.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
        for messages in (
            [{"role": "user", "content": " How many?\n"}],
            [
                {"role": "system", "content": "Count."},
                {"role": "user", "content": "1 + 1"},
                {"role": "assistant", "content": "2"},
            ],
        )
        for prompt in (True, False)
    ]
    data = {"name": name, "rows": rows, "chats": chats} | (extra or {})
    (folder / "expected.json").write_text(json.dumps(data))


def make(root, name, config, tok, dtype, shard, eos):
    torch.manual_seed(sum(map(ord, name)))
    config.vocab_size = len(tok) + 20
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.generation_config = GenerationConfig(eos_token_id=eos, pad_token_id=eos[-1])
    folder = root / name
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    tok.save_pretrained(folder)
    loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    again = AutoTokenizer.from_pretrained(folder)
    extra = {"ends": eos, "sharded": (folder / "model.safetensors.index.json").exists()}
    expected(folder, name, loaded, again, extra)
    return folder


def adapter(root, base, modules, rslora):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=10, target_modules=modules, task_type="CAUSAL_LM", use_rslora=rslora)
    model = get_peft_model(model, config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    folder = root / f"{base.name}-adapter"
    model.save_pretrained(folder)
    expected(folder, folder.name, model.eval(), AutoTokenizer.from_pretrained(base), {"base": base.name})


def main():
    root = Path(sys.argv[1])
    qwen = tokenizer(QWEN, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], QWEN_CHAT, None, "<|im_end|>", "<|endoftext|>", nfc=True)
    ids = {token: qwen.convert_tokens_to_ids(token) for token in ("<|endoftext|>", "<|im_end|>")}
    size = dict(hidden_size=64, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2)
    qwen_folder = make(
        root,
        "qwen2.5-sharded-bf16",
        Qwen2Config(**size, max_position_embeddings=32768, rope_theta=1e6, tie_word_embeddings=True, rms_norm_eps=1e-6,
                    use_sliding_window=False, sliding_window=32768, max_window_layers=21),
        qwen,
        torch.bfloat16,
        "100KB",
        [ids["<|im_end|>"], ids["<|endoftext|>"]],
    )
    specials = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>"]
    llama = tokenizer(LLAMA, specials, LLAMA_CHAT, "<|begin_of_text|>", "<|eot_id|>", None, ignore_merges=True)
    ends = [llama.convert_tokens_to_ids(token) for token in ("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>")]
    scaling = dict(rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0,
                   original_max_position_embeddings=32)
    llama_folder = make(
        root,
        "llama3.2-bf16",
        LlamaConfig(**size, head_dim=32, max_position_embeddings=1024, rope_theta=500000.0, rope_scaling=scaling,
                    tie_word_embeddings=True, rms_norm_eps=1e-5),
        llama,
        torch.bfloat16,
        "5GB",
        ends,
    )
    make(
        root,
        "llama-untied-f16-gpt2-cut",
        LlamaConfig(**size, max_position_embeddings=512, tie_word_embeddings=False),
        tokenizer(None, specials, LLAMA_CHAT, "<|begin_of_text|>", "<|eot_id|>", "<|end_of_text|>", gpt2=True),
        torch.float16,
        "200KB",
        ends,
    )
    adapter(root, qwen_folder, ["q_proj", "v_proj", "up_proj", "down_proj"], False)
    adapter(root, llama_folder, "all-linear", True)


if __name__ == "__main__":
    main()
