#!/usr/bin/env python3
"""Looks for benchmark items in a data set, by code of its own: nothing here is shared with Caco.

    prove_clean.py DATA BENCHMARK.jsonl...

DATA is a folder with Parquet files that have the column `problem`, such as RUN/data. A benchmark's lines have `question` or
`problem`. Three ways of looking, for each problem against every item:

- the same text, once case, space and punctuation are gone;
- 13 words in a row in common, which make up at least a fifth of the item;
- the same text, once every number is the same mark and every capitalised word within a sentence is another.

Prints what it looked at and what it found as one JSON object. Exit code 1 where something was found. Needs pyarrow.
"""

import glob
import json
import os
import re
import sys

import pyarrow.parquet as parquet


def words(text):
    return re.findall(r"[a-z]+|[0-9]+(?:\.[0-9]+)?|[+*/=<>^-]", text.lower().replace(",", ""))


def masked(text):
    text = re.sub(r"[0-9][0-9,]*(?:\.[0-9]+)?", " 0 ", text)
    text = re.sub(r"(?<![.?!] )(?<!^)\b[A-Z][a-z]+", " @ ", text)
    text = re.sub(r"\b(?:he|she|his|her|him|hers)\b", " @ ", text, flags=re.I)
    return " ".join(re.findall(r"[a-z]+|0|@|[+*/=<>^-]", text.lower()))


def runs(tokens, length=13):
    return {tuple(tokens[at : at + length]) for at in range(len(tokens) - length + 1)}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    exact, by_mask, by_run, lengths = {}, {}, {}, {}
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file):
                row = json.loads(line)
                text = row.get("question") or row["problem"]
                item = f"{os.path.basename(path)}:{number + 1}"
                tokens = words(text)
                lengths[item] = max(len(tokens), 1)
                exact[" ".join(tokens)] = item
                # A mask of a few words says nothing.
                if len(tokens) >= 10:
                    by_mask[masked(text)] = item
                for run in runs(tokens):
                    by_run.setdefault(run, item)
    files = sorted(glob.glob(os.path.join(sys.argv[1], "*.parquet")))
    if not files:
        sys.exit(f"{sys.argv[1]} has no Parquet files")
    problems, found = 0, []
    for path in files:
        for text in parquet.read_table(path, columns=["problem"])["problem"].to_pylist():
            if not text:
                continue
            problems += 1
            tokens = words(text)
            if " ".join(tokens) in exact:
                found.append(("exact", exact[" ".join(tokens)], text))
            elif masked(text) in by_mask:
                found.append(("masked", by_mask[masked(text)], text))
            else:
                shared = [by_run[run] for run in runs(tokens) if run in by_run]
                for item in set(shared):
                    # So many runs of 13 words cover at least so many words.
                    if shared.count(item) + 12 >= lengths[item] / 5 and shared.count(item) + 12 >= 13:
                        found.append(("13 words", item, text))
                        break
    told = {"items": len(lengths), "problems": problems, "found": len(found), "examples": found[:20]}
    print(json.dumps(told, indent=1, ensure_ascii=False))
    sys.exit(1 if found else 0)


main()
