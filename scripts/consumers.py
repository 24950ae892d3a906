"""Loads an export of every format with the code of those who read such files, and says what they read.

    caco export RUN --format parquet,messages,alpaca,sharegpt,prompt-completion,openai,verl,genesys,reasoning-gym,tool,program,jsonl -o DIR
    python scripts/consumers.py DIR [--real]

Needs the packages `datasets`, `trl`, `llamafactory`, `verl` and `reasoning-gym`. Without torch, transformers and peft the
modules of these packages that read data are imported alone, with stand-ins for the names that they import and do not need
for it; with --real that is an error, and LLaMA-Factory's and TRL's tokenisation and verl's data loader run, too. MODEL, a
folder with a tokenizer and a chat template, is for those: --real MODEL.

Prints one JSON object: for each consumer how many rows it read. Exit code 1 where one reads something else than the rows.
"""

import ast
import importlib
import importlib.util
import json
import os
import sys
import types

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DISABLE_VERSION_CHECK", "1")

import datasets

datasets.disable_progress_bars()

FOLDER = os.path.abspath(sys.argv[1])
REAL = "--real" in sys.argv
MODEL = sys.argv[sys.argv.index("--real") + 1] if REAL else None


def check(holds, what):
    if not holds:
        sys.exit(f"not as exported: {what}")


def stand_in(name, **names):
    module = types.ModuleType(name)
    module.__dict__.update(names)
    sys.modules[name] = module
    return module


def package(name):
    """A package whose modules can be imported without running what its __init__ imports."""
    parent, _, own = name.rpartition(".")
    if parent:
        folder = os.path.join(sys.modules[parent].__path__[0], own)
    else:
        found = importlib.util.find_spec(name)
        check(found is not None, f"the package {name} is not installed")
        folder = os.path.dirname(found.origin)
    stand_in(name).__path__ = [folder]


LINES = ("openai", "jsonl")


def load(config):
    return datasets.load_dataset(FOLDER, config, split="train")


def load_lines(folder, features=None):
    """A format that is no config beside Parquet."""
    files = os.path.join(FOLDER, folder, "train-*.jsonl")
    return datasets.load_dataset("json", data_files=files, split="train", features=features)


def by_datasets():
    names = datasets.get_dataset_config_names(FOLDER)
    check(names[0] == "default", f"the first config is {names[0]}")
    loaded = {name: load(name) for name in names}
    default = datasets.load_dataset(FOLDER, split="train")
    check(not set(LINES) & set(names), f"{names} are of two kinds")
    loaded["openai"] = load_lines("openai")
    loaded["jsonl"] = load_lines("jsonl", default.features)
    check(default.column_names == loaded["default"].column_names, "the config that loads without a name")
    rows = len(default)
    for name, data in loaded.items():
        check(len(data) == rows, f"{name} has {len(data)} rows, default {rows}")
    pairs = list(zip(default["problem"], default["solution"]))
    for name in ("messages", "openai"):
        said = [[(turn["role"], turn["content"]) for turn in turns] for turns in loaded[name]["messages"]]
        check(said == [[("user", one), ("assistant", other)] for one, other in pairs], name)
        check(loaded[name].column_names == ["messages"], f"columns of {name}")
    said = [tuple(turn["value"] for turn in turns) for turns in loaded["sharegpt"]["conversations"]]
    check(said == pairs, "sharegpt")
    check(list(zip(loaded["alpaca"]["instruction"], loaded["alpaca"]["output"])) == pairs, "alpaca")
    check(list(zip(loaded["prompt-completion"]["prompt"], loaded["prompt-completion"]["completion"])) == pairs, "prompt-completion")
    check(loaded["program"]["text"] == default["program"], "program")
    check(list(loaded["jsonl"]) == list(default), "jsonl")
    for turns, program, answer in zip(loaded["tool"]["messages"], default["program"], default["answer"]):
        check(program.strip() in turns[1]["content"] and turns[2] == {"role": "tool", "content": answer}, "tool")
    for row, whole in zip(loaded["genesys"], default):
        # As genesys/verify.py reads them.
        info, metadata = ast.literal_eval(row["verification_info"]), ast.literal_eval(row["metadata"])
        check(info == {"ground_truth": whole["answer"]} and metadata["row_id"] == whole["row_id"], "genesys")
        check((row["prompt"], row["task_type"]) == (whole["problem"], "verifiable_math"), "genesys")
    return loaded, default


def by_trl(loaded):
    if not REAL:
        package("trl")
        # Classes of their own: `datasets` hashes whatever is a tokenizer in a way of its own, and everything is an `object`.
        bases = {name: type(name, (), {}) for name in ("PreTrainedTokenizerBase", "PreTrainedTokenizer", "ProcessorMixin")}
        stand_in("transformers", **bases)
    utils = importlib.import_module("trl.data_utils")
    for name in ("messages", "openai", "tool"):
        check(all(utils.is_conversational(row) for row in loaded[name]), f"TRL: {name} is not conversational")
    check(not utils.is_conversational(loaded["prompt-completion"][0]), "TRL: prompt-completion is conversational")
    check(utils.is_conversational({"prompt": loaded["verl"][0]["prompt"]}), "TRL: the prompt of verl is not conversational")
    if REAL:
        from transformers import AutoTokenizer
        from trl import SFTConfig, SFTTrainer

        tokenizer = AutoTokenizer.from_pretrained(MODEL)
        for name in ("messages", "prompt-completion"):
            config = SFTConfig(output_dir="/nonexistent", report_to=[], max_length=None, use_cpu=True, bf16=False, save_strategy="no")
            trainer = SFTTrainer(MODEL, config, train_dataset=loaded[name], processing_class=tokenizer)
            check(len(trainer.train_dataset) == len(loaded[name]), f"TRL: {name} after tokenisation")
            text = tokenizer.decode(trainer.train_dataset[0]["input_ids"])
            check(loaded["alpaca"][0]["output"] in text, f"TRL: {name} has lost the solution")
    return sum(len(loaded[name]) for name in ("messages", "openai", "tool"))


def by_llama_factory(loaded):
    if not REAL:
        package("llamafactory")
        package("llamafactory.extras")
        package("llamafactory.data")
        weights = dict.fromkeys(["SAFE_WEIGHTS_INDEX_NAME", "SAFE_WEIGHTS_NAME", "WEIGHTS_INDEX_NAME", "WEIGHTS_NAME"], "")
        transformers = sys.modules["transformers"]
        transformers.utils = stand_in("transformers.utils", **weights)
        stand_in("peft").utils = stand_in("peft.utils", SAFETENSORS_WEIGHTS_NAME="", WEIGHTS_NAME="")
        stand_in("llamafactory.extras.misc", use_modelscope=lambda: False, use_openmind=lambda: False)
    parser = importlib.import_module("llamafactory.data.parser")
    converter = importlib.import_module("llamafactory.data.converter")
    with open(os.path.join(FOLDER, "dataset_info.json"), encoding="utf-8") as file:
        names = list(json.load(file))
    data_args = types.SimpleNamespace(streaming=False, preprocessing_num_workers=None, overwrite_cache=True, media_dir=FOLDER)
    training_args = types.SimpleNamespace(local_process_index=0)
    read = 0
    for attributes in parser.get_dataset_list(names, FOLDER):
        view = attributes.dataset_name
        # As its loader does with a folder: every file in it, by the kind of the first.
        folder = os.path.join(FOLDER, view)
        files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
        data = datasets.load_dataset("parquet", data_files=files, split=attributes.split)
        aligned = converter.align_dataset(data, attributes, data_args, training_args)
        check(len(aligned) == len(loaded[view]), f"LLaMA-Factory: rows of {view}")
        for row, alpaca, program in zip(aligned, loaded["alpaca"], loaded["program"]):
            prompt, response = row["_prompt"], row["_response"]
            if view == "program":
                check(prompt[0]["content"] == program["text"] and not response, f"LLaMA-Factory: {view}")
                continue
            check(prompt[0] == {"role": "user", "content": alpaca["instruction"]}, f"LLaMA-Factory: prompt of {view}")
            check(response == [{"role": "assistant", "content": alpaca["output"]}], f"LLaMA-Factory: response of {view}")
            roles = [turn["role"] for turn in prompt]
            check(roles == (["user", "assistant", "observation"] if view == "tool" else ["user"]), f"LLaMA-Factory: {roles} of {view}")
        read += len(aligned)
    if REAL:
        read += llama_factory_tokenised(names)
    return read


def llama_factory_tokenised(names):
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import AutoTokenizer, Seq2SeqTrainingArguments

    read = 0
    for name in names:
        if name.endswith("_program"):
            continue
        tokenizer = AutoTokenizer.from_pretrained(MODEL)
        model_args = ModelArguments(model_name_or_path=MODEL)
        data_args = DataArguments(dataset=[name], dataset_dir=FOLDER, template="qwen", overwrite_cache=True, cutoff_len=4096)
        training_args = Seq2SeqTrainingArguments(output_dir="/nonexistent", report_to=[], use_cpu=True)
        template = get_template_and_fix_tokenizer(tokenizer, data_args)
        module = get_dataset(template, model_args, data_args, training_args, "sft", tokenizer)
        first = module["train_dataset"][0]
        learnt = tokenizer.decode([token for token in first["labels"] if token >= 0])
        check(load("alpaca")[0]["output"] in learnt, f"LLaMA-Factory: {name} does not learn the solution")
        read += len(module["train_dataset"])
    return read


def by_verl(loaded, default):
    if not REAL:
        for name in ("verl", "verl.utils", "verl.utils.dataset"):
            package(name)
        # `datasets` looks whether what it hashes is one of these.
        classes = {name: type(name, (), {}) for name in ("Tensor", "Generator")}
        torch = stand_in("torch", **classes, tensor=lambda values, dtype: values, uint8=None)
        torch.nn = stand_in("torch.nn", Module=type("Module", (), {}))
        torch.utils = stand_in("torch.utils")
        torch.utils.data = stand_in("torch.utils.data", Dataset=object)
        stand_in("omegaconf", DictConfig=dict, ListConfig=list)
        stand_in("PIL").Image = stand_in("PIL.Image", Image=type("Image", (), {}))
        stand_in("verl.utils.import_utils", load_extern_object=None)
        stand_in("verl.utils.tokenizer", build_multimodal_processor_inputs=None, normalize_token_ids=None)
        stand_in("verl.utils.fs", copy_to_local=lambda src, cache_dir, use_shm: src)
    module = importlib.import_module("verl.utils.dataset.rl_dataset")
    folder = os.path.join(FOLDER, "verl")
    files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    config = {"filter_overlong_prompts": False}
    tokenizer = None
    if REAL:
        from omegaconf import OmegaConf
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(MODEL)
        config = OmegaConf.create({"filter_overlong_prompts": True, "max_prompt_length": 4096, "filter_overlong_prompts_workers": 1})
    data = module.RLHFDataset(list(files), tokenizer, config)
    check(len(data) == len(loaded["verl"]), "verl: rows")
    spec = importlib.util.spec_from_file_location("caco_reward", os.path.join(FOLDER, "caco_reward.py"))
    reward = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reward)
    rewarded = 0
    for place, whole in enumerate(default):
        row = data[place]
        check(row["raw_prompt"] == [{"role": "user", "content": whole["problem"]}], "verl: prompt")
        check((row["index"], row["extra_info"]["row_id"]) == (place, whole["row_id"]), "verl: extra_info")
        truth = row["reward_model"]["ground_truth"]
        check(truth == whole["answer"], "verl: ground truth")
        # As its reward managers call it.
        call = {"data_source": row["data_source"], "ground_truth": truth, "extra_info": row["extra_info"]}
        rewarded += reward.compute_score(solution_str=whole["solution"], **call) == 1.0
        check(reward.compute_score(solution_str="The answer is a pony.", **call) == 0.0, "verl: a reward for nothing")
    if REAL:
        batch = module.collate_fn([data[place] for place in range(min(4, len(data)))])
        check(len(batch["raw_prompt"]) == min(4, len(data)), "verl: a batch")
    return len(data), rewarded


def by_reasoning_gym(loaded):
    root = os.path.dirname(importlib.util.find_spec("reasoning_gym").origin)
    spec = importlib.util.spec_from_file_location("caco_gym_dataset", os.path.join(root, "dataset.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Export(module.ProceduralDataset):
        def __init__(self, rows):
            super().__init__(config=None, seed=0, size=len(rows))
            self.rows = rows

        def __getitem__(self, place):
            return self.rows[place]

    data = Export(loaded["reasoning-gym"])
    for place, entry in enumerate(data):
        check(data.score_answer(entry["answer"], entry) == 1.0, "Reasoning Gym: the answer's own score")
        check(entry["metadata"]["source_index"] == place, "Reasoning Gym: source_index")
    return len(data)


def main():
    loaded, default = by_datasets()
    told = {"rows": len(default), "datasets": sorted(loaded)}
    told["trl"] = by_trl(loaded)
    told["llamafactory"] = by_llama_factory(loaded)
    told["verl"], told["rewarded"] = by_verl(loaded, default)
    told["reasoning_gym"] = by_reasoning_gym(loaded)
    print(json.dumps(told))


main()
