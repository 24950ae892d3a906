"""Stands in for an outside trainer: learns nothing, and behaves as its settings say.

train.py SETTINGS RESUME: tells of its steps, leaves checkpoints and, in the end, a copy of the model it started from.
"""

import json
import os
import pathlib
import shutil
import sys

settings = json.load(open(sys.argv[1], encoding="utf-8"))
resume = sys.argv[2] if len(sys.argv) > 2 else ""
options = settings["options"]
output = pathlib.Path(settings["output"])
examples = [json.loads(line) for line in open(settings["data"], encoding="utf-8")]
with open(options["starts"], "a", encoding="utf-8") as starts:
    starts.write(json.dumps({"stage": settings["stage"], "resume": resume, "examples": len(examples)}) + "\n")

steps = 6
first = int(resume.rsplit("-", 1)[1]) if resume else 0
for step in range(first + 1, steps + 1):
    print(json.dumps({"step": step, "steps": steps, "loss": 2.0 / step, "lr": 1e-4, "tokens": 100 * step}), flush=True)
    if step == 3:
        (output / f"checkpoint-{step}").mkdir(parents=True, exist_ok=True)
        if options.get("crash") == settings["stage"] and not resume:
            print("RuntimeError: out of memory, as it were", flush=True)
            sys.exit(1)
        if options.get("gate") and settings["stage"] == "tune":
            # Opening a pipe waits for its other end.
            open(options["gate"], encoding="utf-8").read()
    if options.get("broken"):
        print("Traceback: it never works", flush=True)
        sys.exit(3)

for file in pathlib.Path(settings["model"]).iterdir():
    if file.is_file():
        shutil.copy(file, output / file.name)
# What was learnt, as it were: other data makes another model.
(output / "generation_config.json").write_text(json.dumps({"learnt": [settings["stage"], len(examples)]}))
(output / "training_args.bin").write_bytes(b"not part of the model")
