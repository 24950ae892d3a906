"""Loads a model folder with `transformers` and prints token ids, next-token logits and the rendered chat as JSON."""

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, texts = sys.argv[1], json.loads(sys.argv[2])
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
rows = []
for text in texts:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, -1].tolist()
    rows.append({"ids": ids, "logits": logits, "decoded": tokenizer.decode(ids)})
chat = tokenizer.apply_chat_template(
    [{"role": "user", "content": "How many?"}], tokenize=False, add_generation_prompt=True
)
print(json.dumps({"model": type(model).__name__, "rows": rows, "chat": chat}))
