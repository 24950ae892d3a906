"""Trains an adapter with PEFT from the start and by the plan that the Rust side wrote, then computes logits with the adapter
that the Rust side ended with. Arguments: the base model's folder, the folder of the exchange."""

import json
import sys
from pathlib import Path

import torch
from peft import PeftModel
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

base, exchange = sys.argv[1], Path(sys.argv[2])


def load(adapter, train):
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, exchange / adapter, is_trainable=train)


model = load("start", True)
parameters = [p for p in model.parameters() if p.requires_grad]
optimiser = torch.optim.AdamW(parameters, lr=1.0, betas=(0.9, 0.95), weight_decay=0.01)
losses = []
for step in json.loads((exchange / "plan.json").read_text()):
    total = sum(sum(sequence["counted"]) for sequence in step["sequences"])
    loss = 0
    for sequence in step["sequences"]:
        tokens = torch.tensor(sequence["tokens"])
        counted = torch.tensor(sequence["counted"])[1:]
        logits = model(tokens[None, :-1]).logits[0]
        loss = loss + cross_entropy(logits[counted], tokens[1:][counted], reduction="sum")
    loss = loss / total
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.param_groups[0]["lr"] = step["lr"]
    optimiser.step()
    optimiser.zero_grad()
    losses.append(loss.item())

ids = [1, 30, 40, 50, 60, 70, 80, 90, 100]
out = {"losses": losses, "ids": ids}
with torch.no_grad():
    out["laid"] = load("end", False).eval()(torch.tensor([ids])).logits[0, -1].tolist()
    merged = AutoModelForCausalLM.from_pretrained(exchange / "merged", dtype=torch.float32).eval()
    out["merged"] = merged(torch.tensor([ids])).logits[0, -1].tolist()
print(json.dumps(out))
