"""Asks a server through distilabel's pipeline as its users do: rows from memory, text generation, a data set at the end.

Usage: peer.py URL ROWS IN_FLIGHT MAX_TOKENS

Its cache is on, as by default: each batch's outputs and the state of the pipeline are kept on the disk. It asks for the
rows of one batch at the same time, and for the next batch when all of them are there.
"""

from __future__ import annotations

import sys

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


def main() -> None:
    url, (rows, in_flight, max_tokens) = sys.argv[1], map(int, sys.argv[2:])
    with Pipeline(name="calls") as pipeline:
        data = [{"instruction": f"Write program {number}."} for number in range(rows)]
        load = LoadDataFromDicts(data=data, batch_size=in_flight)
        kwargs = {"max_new_tokens": max_tokens, "temperature": 0.9}
        llm = OpenAILLM(base_url=url, api_key="none", model="stand-in", generation_kwargs=kwargs)
        load >> TextGeneration(llm=llm, input_batch_size=in_flight)
    generated = pipeline.run()["default"]["train"]["generation"]
    print(f"replies: {sum(text is not None for text in generated)}")


if __name__ == "__main__":
    main()
