"""Supervised fine-tuning with TRL, as `trl sft --config sft.yaml` does it, for a caller that follows it and may stop it.

Usage: python trl_sft.py sft.yaml

Beyond that command it prints each logged step as one line of JSON, goes on from the newest checkpoint of `output_dir`, and on
SIGTERM writes a checkpoint before it ends with exit code 143. Python 3.10 or newer; TRL 0.21 or newer.
"""

import dataclasses
import json
import signal
import sys

import yaml
from datasets import load_dataset
from transformers import PrinterCallback, ProgressCallback, TrainerCallback
from transformers.trainer_utils import get_last_checkpoint
from trl import ModelConfig, ScriptArguments, SFTConfig, SFTTrainer, TrlParser, get_peft_config


class Steps(TrainerCallback):
    """Tells of each step, and ends the training when it is asked to."""

    def __init__(self):
        self.told_to_stop = False
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        self.told_to_stop = True

    def on_log(self, args, state, control, logs=None, **_):
        if state.is_world_process_zero and logs and "loss" in logs:
            line = {
                "step": state.global_step,
                "steps": state.max_steps,
                "loss": float(logs["loss"]),
                "lr": float(logs.get("learning_rate", 0.0)),
                "tokens": int(float(logs.get("num_tokens", 0))),
            }
            print(json.dumps(line), flush=True)

    def on_step_end(self, args, state, control, **_):
        if self.told_to_stop:
            control.should_save = True
            control.should_training_stop = True


def settings(path):
    """The settings of the file, in the words of the installed version."""
    with open(path, encoding="utf-8") as file:
        values = yaml.safe_load(file)
    known = {field.name for field in dataclasses.fields(SFTConfig)}
    if "warmup_ratio" in values and "warmup_ratio" not in known:
        # From transformers 5 on, a share of the steps is written as `warmup_steps` below 1.
        values["warmup_steps"] = values.pop("warmup_ratio")
    parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig))
    return parser.parse_dict(values)


def main():
    script, training, model = settings(sys.argv[1])
    load = dict(training.model_init_kwargs or {})
    load.setdefault("revision", model.model_revision)
    if model.dtype is not None:
        load.setdefault("dtype", model.dtype)
    if model.attn_implementation is not None:
        load.setdefault("attn_implementation", model.attn_implementation)
    training.model_init_kwargs = load
    data = load_dataset(script.dataset_name, split=script.dataset_train_split)
    steps = Steps()
    trainer = SFTTrainer(
        model=model.model_name_or_path,
        args=training,
        train_dataset=data,
        peft_config=get_peft_config(model),
        callbacks=[steps],
    )
    # They would tell of each step again.
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(training.output_dir))
    if steps.told_to_stop:
        sys.exit(143)
    trainer.save_model(training.output_dir)


if __name__ == "__main__":
    main()
