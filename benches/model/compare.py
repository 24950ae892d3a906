#!/usr/bin/env python3
"""Measures the embedded trainer and sampler beside PyTorch and `transformers`: same model folder, same steps of the same
sequences, same AdamW, same number of threads, f32. Sides take turns, round after round; see README.md.

    cargo build --release -p caco-model --example model_speed && cargo build --release -p caco-gradeschool --example show
    compare.py train  --peer-python VENV/bin/python [--curves losses.svg]
    compare.py sample --peer-python VENV/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONFIG = {"lr": 0.001, "weight_decay": 0.01, "betas": [0.9, 0.95], "clip": 1.0}
UNITS = ["tokens_per_second", "tokens_per_cpu_second"]


def build_folder() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "examples"


def run(command: list, threads: int = 2) -> dict:
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))[:300]}\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} - {max(values):,.0f})"


def report(results: dict[str, list[dict]]) -> None:
    print("| side | tokens a second | tokens a CPU-second | peak MiB |\n|---|---|---|---|")
    for name, rows in results.items():
        cells = [spread([r[unit] for r in rows]) for unit in UNITS]
        print(f"| {name} | {' | '.join(cells)} | {max(r['peak_mib'] for r in rows):,} |")
    for unit in UNITS:
        of = {name: [r[unit] for r in rows] for name, rows in results.items()}
        ours = of.pop("ours")
        best = max(of, key=lambda name: statistics.median(of[name]))
        rounds = [a / b for a, b in zip(ours, of[best])]
        ratio = statistics.median(ours) / statistics.median(of[best])
        print(f"{unit}: ours / {best}: {ratio:.2f} (single rounds {min(rounds):.2f} - {max(rounds):.2f})")


def curves(path: Path, ours: list[float], peer: list[float]) -> None:
    """Both loss curves in one SVG: the peer's wide and pale, ours thin over it."""
    width, height, left, bottom = 640, 320, 48, 36
    top = max(ours + peer) * 1.02
    low = min(ours + peer) * 0.95

    def points(losses: list[float]) -> str:
        across = (width - left - 12) / (len(losses) - 1)
        down = (height - bottom - 12) / (top - low)
        return " ".join(f"{left + i * across:.1f},{12 + (top - loss) * down:.1f}" for i, loss in enumerate(losses))

    marks = []
    for i in range(5):
        loss = low + (top - low) * i / 4
        y = 12 + (top - loss) * (height - bottom - 12) / (top - low)
        marks.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{loss:.2f}</text>')
        marks.append(f'<path d="M{left} {y:.1f}H{width - 12}" stroke="#ddd"/>')
    for i in range(0, len(ours), max(1, len(ours) // 6)):
        x = left + i * (width - left - 12) / (len(ours) - 1)
        marks.append(f'<text x="{x:.1f}" y="{height - 18}" text-anchor="middle">{i}</text>')
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(marks)}'
        f'<polyline fill="none" stroke="#f5b06a" stroke-width="5" points="{points(peer)}"/>'
        f'<polyline fill="none" stroke="#1b5e9b" stroke-width="1.2" points="{points(ours)}"/>'
        f'<text x="{width - 20}" y="30" text-anchor="end" fill="#c77a24">PyTorch (wide)</text>'
        f'<text x="{width - 20}" y="46" text-anchor="end" fill="#1b5e9b">Caco (thin)</text>'
        f'<text x="{width / 2}" y="{height - 4}" text-anchor="middle">step</text>'
        f'<text x="12" y="{height / 2}" transform="rotate(-90 12 {height / 2})" text-anchor="middle">loss in nats</text></svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["train", "sample"])
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--model", help="a model folder; default models/base")
    parser.add_argument("--shape", help="WIDTH,LAYERS,VOCABULARY: a random model of this shape instead")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="of either side")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--tokens-per-step", type=int, default=2048)
    parser.add_argument("--modes", default="padded,halves,packed", help="how the peer puts a step together")
    parser.add_argument("--lora", type=int, help="train an adapter of this rank")
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--curves", type=Path, help="write both loss curves of the first round as SVG")
    parser.add_argument("--count", type=int, default=512, help="prompts to sample")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--batches", default="32", help="our batch sizes, for each thread")
    parser.add_argument("--peer-batches", default="64,256")
    options = parser.parse_args()
    speed, peer = build_folder() / "model_speed", [options.peer_python, HERE / "peer.py"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.model or ROOT / "models" / "base")
        if options.shape:
            like, folder = folder, Path(scratch) / "model"
            made = run([speed, "make", folder, like, *options.shape.split(",")])
            print(f"{made['parameters']:,} parameters")
        records = Path(scratch) / "records.jsonl"
        with records.open("w") as file:
            subprocess.run([build_folder() / "show", "seeds", "11", "6000"], stdout=file, check=True)
        if options.what == "train":
            train(options, speed, peer, folder, records, Path(scratch) / "plan.json")
        else:
            sample(options, speed, peer, folder, records)
    print(json.dumps(run([*peer, "versions"])))


def train(options, speed: Path, peer: list, folder: Path, records: Path, plan: Path) -> None:
    config = CONFIG | {"steps": options.steps, "tokens_per_step": options.tokens_per_step, "workers": options.threads}
    if options.lora:
        config["lora"] = {"rank": options.lora, "alpha": 2 * options.lora}
    if options.checkpointing:
        config["gradient_checkpointing"] = True
    print(json.dumps(run([speed, "plan", folder, records, json.dumps(config), plan])))
    results: dict[str, list[dict]] = {"ours": []} | {f"PyTorch, {mode}": [] for mode in options.modes.split(",")}
    for _ in range(options.rounds):
        results["ours"].append(run([speed, "train", folder, records, json.dumps(config)], options.threads))
        for mode in options.modes.split(","):
            answer = run([*peer, "train", folder, plan, mode, json.dumps(config)], options.threads)
            results[f"PyTorch, {mode}"].append(answer)
    report(results)
    ours = results["ours"][0]["losses"]
    for name, rows in results.items():
        if name != "ours":
            gaps = [abs(a - b) for a, b in zip(ours, rows[0]["losses"], strict=True)]
            print(f"{name}: losses differ from ours by at most {max(gaps):.1e} (first {ours[0]:.3f}, last {ours[-1]:.3f})")
    if options.curves:
        first = next(rows for name, rows in results.items() if name != "ours")
        curves(options.curves, ours, first[0]["losses"])


def sample(options, speed: Path, peer: list, folder: Path, records: Path) -> None:
    ways = {f"ours, batch {options.threads} x {b}": [speed, "sample", folder, records, options.count, options.max_tokens, b, options.threads]
            for b in options.batches.split(",")}
    ways |= {f"transformers, batch {b}": [*peer, "sample", folder, records, options.count, options.max_tokens, b, options.threads]
             for b in options.peer_batches.split(",")}
    results: dict[str, list[dict]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, command in ways.items():
            results[name].append(run(command, options.threads))
    for name, rows in results.items():
        print(f"{name}: {rows[0]['tokens']:,} tokens in {rows[0]['replies']} replies")
    ours = max((n for n in results if n.startswith("ours")),
               key=lambda n: statistics.median(r["tokens_per_second"] for r in results[n]))
    report({"ours": results[ours]} | {n: rows for n, rows in results.items() if not n.startswith("ours")})


if __name__ == "__main__":
    main()
