#!/usr/bin/env python3
"""The other side of `compare.py`: the same training and sampling by PyTorch and `transformers`; prints one JSON object.

    peer.py train FOLDER PLAN MODE CONFIG   MODE: padded, halves or packed; CONFIG has the threads as `workers`
    peer.py sample FOLDER RECORDS COUNT TOKENS BATCH THREADS
    peer.py versions

PLAN is what `speed plan` wrote: for each step its learning rate and sequences. What a step does is what ours does: the mean
loss over the counted tokens of the whole step, AdamW with decay of matrices only, clipping. The output layer is computed
for counted tokens only, as ours does, which `transformers` would not do by itself.

How the sequences of a step are put together:

    padded   one batch, padded to the longest
    halves   sorted by length and divided in two, each padded to its longest, gradients added
    packed   one row without padding, with a block-diagonal mask
"""

from __future__ import annotations

import json
import platform
import resource
import sys
import time

import torch
import transformers
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer

WARM = 5


def load(folder: str, threads: int):
    torch.set_num_threads(threads)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")


def padded(sequences: list[dict]) -> dict:
    longest = max(len(s["tokens"]) for s in sequences) - 1
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    mask = torch.zeros(len(sequences), longest, dtype=torch.long)
    rows, targets = [], []
    for i, sequence in enumerate(sequences):
        tokens, n = sequence["tokens"], len(sequence["tokens"]) - 1
        ids[i, :n] = torch.tensor(tokens[:-1])
        mask[i, :n] = 1
        for j in range(n):
            if sequence["counted"][j + 1]:
                rows.append(i * longest + j)
                targets.append(tokens[j + 1])
    return {"input_ids": ids, "attention_mask": mask, "rows": torch.tensor(rows), "targets": torch.tensor(targets)}


def packed(sequences: list[dict]) -> dict:
    ids, positions, rows, targets, blocks = [], [], [], [], []
    for sequence in sequences:
        tokens, start = sequence["tokens"], len(ids)
        n = len(tokens) - 1
        blocks.append(torch.ones(n, n, dtype=torch.bool).tril())
        ids += tokens[:-1]
        positions += range(n)
        for j in range(n):
            if sequence["counted"][j + 1]:
                rows.append(start + j)
                targets.append(tokens[j + 1])
    return {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        "attention_mask": torch.block_diag(*blocks).bool()[None, None],
        "rows": torch.tensor(rows),
        "targets": torch.tensor(targets),
    }


def batches(sequences: list[dict], mode: str) -> list[dict]:
    if mode == "packed":
        return [packed(sequences)]
    if mode == "padded":
        return [padded(sequences)]
    ordered = sorted(sequences, key=lambda s: len(s["tokens"]))
    middle = max(1, len(ordered) * 2 // 3)
    return [padded(part) for part in (ordered[:middle], ordered[middle:]) if part]


def train(folder: str, plan_path: str, mode: str, config: dict) -> dict:
    model = load(folder, config["workers"])
    model.train()
    if config.get("gradient_checkpointing"):
        model.gradient_checkpointing_enable()
    if "lora" in config:
        from peft import LoraConfig, get_peft_model

        lora = config["lora"]
        model = get_peft_model(
            model,
            LoraConfig(
                r=lora["rank"],
                lora_alpha=lora["alpha"],
                lora_dropout=lora.get("dropout", 0.0),
                target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
                task_type="CAUSAL_LM",
            ),
        )
    causal = model.get_base_model() if "lora" in config else model
    parameters = [p for p in model.parameters() if p.requires_grad]
    decay = config["weight_decay"]
    groups = [
        {"params": [p for p in parameters if p.dim() == 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.dim() != 2], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=1.0, betas=tuple(config["betas"]), eps=1e-8, fused=True)
    with open(plan_path) as file:
        steps = json.load(file)
    # Tensors are made beforehand: a data loader would make them beside the training.
    work = [(s["lr"], batches(s["sequences"], mode), sum(len(q["tokens"]) - 1 for q in s["sequences"])) for s in steps]
    losses, seen, began, began_cpu = [], 0, 0.0, 0.0
    for index, (rate, parts, tokens) in enumerate(work):
        if index == WARM:
            began, began_cpu, seen = time.perf_counter(), time.process_time(), 0
        total = sum(len(part["targets"]) for part in parts)
        loss = 0.0
        for part in parts:
            inputs = {k: v for k, v in part.items() if k not in ("rows", "targets")}
            hidden = causal.model(**inputs, use_cache=False).last_hidden_state
            hidden = hidden.reshape(-1, hidden.shape[-1])[part["rows"]]
            share = cross_entropy(causal.lm_head(hidden), part["targets"], reduction="sum") / total
            share.backward()
            loss += share.item()
        torch.nn.utils.clip_grad_norm_(parameters, config["clip"])
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(loss)
        seen += tokens
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    return {
        "tokens_per_second": seen / seconds,
        "tokens_per_cpu_second": seen / cpu,
        "losses": losses,
        "peak_mib": peak_mib(),
    }


def sample(folder: str, records: str, count: int, tokens: int, batch: int, threads: int) -> dict:
    model = load(folder, threads).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    with open(records) as file:
        problems = [json.loads(line)["problem"] for line in file][:count]
    chat = [[{"role": "user", "content": problem}] for problem in problems]
    prompts = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    # Prompts of like length side by side, so that there is little padding.
    prompts.sort(key=lambda prompt: len(tokenizer(prompt)["input_ids"]))
    written, began, began_cpu = 0, time.perf_counter(), time.process_time()
    ends = set(model.generation_config.eos_token_id)
    torch.manual_seed(0)
    with torch.inference_mode():
        for at in range(0, len(prompts), batch):
            inputs = tokenizer(prompts[at : at + batch], return_tensors="pt", padding=True, add_special_tokens=False)
            out = model.generate(**inputs, do_sample=True, temperature=1.0, top_p=1.0, top_k=0, max_new_tokens=tokens)
            for row in out[:, inputs["input_ids"].shape[1] :].tolist():
                stop = next((i + 1 for i, token in enumerate(row) if token in ends), len(row))
                written += stop
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    return {
        "tokens_per_second": written / seconds,
        "tokens_per_cpu_second": written / cpu,
        "tokens": written,
        "replies": len(prompts),
        "peak_mib": peak_mib(),
    }


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(arguments: list[str]) -> dict:
    match arguments:
        case ["train", folder, plan, mode, config]:
            return train(folder, plan, mode, json.loads(config))
        case ["sample", folder, records, count, tokens, batch, threads]:
            return sample(folder, records, int(count), int(tokens), int(batch), int(threads))
        case ["versions"]:
            return {
                "python": platform.python_version(),
                "torch": torch.__version__,
                "transformers": transformers.__version__,
                "blas": "MKL" if torch.backends.mkl.is_available() else "other",
            }
    sys.exit(__doc__)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
