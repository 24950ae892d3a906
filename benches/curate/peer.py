#!/usr/bin/env python3
"""One pass of a peer over a file of problems, one a line: a row goes if an earlier kept row is found for it.

    peer.py WAY FILE THRESHOLD OUT [--perms N] [--bands N]

WAY is one of
    datasketch        MinHash.update_batch, then MinHashLSH.query and insert; candidates whose estimate is below the
                      threshold do not count
    rensa             RMinHash (all tokens), then RMinHashDeduplicator with its LSH, through add_pairs
    datatrove         MinhashDedupSignature, MinhashDedupBuckets and MinhashDedupCluster, which say what the filter would
                      drop; clusters are connected components, and candidates are not looked at again
    shingles          making the shingles alone, which every peer here asks its caller for

OUT gets a line `row near - -` for each row that goes, as that of examples/near_pass.rs.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator

WORDS = re.compile("[a-z0-9]+")
SIZE = 3
# Rows handed over at a time, where a peer takes many.
BATCH = 10_000


def shingles(line: str) -> list[str]:
    words = WORDS.findall(line.lower())
    if len(words) < SIZE:
        return [" ".join(words)]
    return [f"{a} {b} {c}" for a, b, c in zip(words, words[1:], words[2:])]


def rows(path: str) -> Iterator[tuple[int, list[str]]]:
    with open(path, encoding="utf-8") as file:
        for row, line in enumerate(file):
            yield row, shingles(line)


def batches(path: str) -> Iterator[list[tuple[int, list[str]]]]:
    batch = []
    for item in rows(path):
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def by_datasketch(options: argparse.Namespace) -> Iterator[tuple[int, str]]:
    from datasketch import MinHash, MinHashLSH

    params = {"params": (options.bands, options.perms // options.bands)} if options.bands else {}
    lsh = MinHashLSH(threshold=options.threshold, num_perm=options.perms, **params)
    kept = {}
    for batch in batches(options.file):
        hashes = MinHash.bulk([[s.encode() for s in tokens] for _, tokens in batch], num_perm=options.perms)
        for (row, _), minhash in zip(batch, hashes):
            found = next((key for key in lsh.query(minhash) if minhash.jaccard(kept[key]) >= options.threshold), None)
            if found is None:
                lsh.insert(row, minhash, check_duplication=False)
                kept[row] = minhash
            else:
                yield row, str(found)


def by_rensa(options: argparse.Namespace) -> Iterator[tuple[int, str]]:
    from rensa import RMinHashDeduplicator

    bands = {"num_bands": options.bands} if options.bands else {}
    dedup = RMinHashDeduplicator(threshold=options.threshold, num_perm=options.perms, use_lsh=True, **bands)
    for batch in batches(options.file):
        keep = dedup.add_pairs((str(row), tokens) for row, tokens in batch)
        yield from ((row, "-") for (row, _), kept in zip(batch, keep) if not kept)


def by_datatrove(options: argparse.Namespace) -> Iterator[tuple[int, str]]:
    import struct
    import tempfile
    from pathlib import Path

    from datatrove.data import Document
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    config = MinhashConfig(n_grams=SIZE, num_buckets=options.bands or 14, hashes_per_bucket=options.perms // (options.bands or 14))
    with tempfile.TemporaryDirectory() as temporary, open(options.file, encoding="utf-8") as file:
        folders = [f"{temporary}/{name}" for name in ("signatures", "pairs", "removed")]
        documents = (Document(text=line, id=str(row)) for row, line in enumerate(file))
        MinhashDedupSignature(folders[0], config).run(documents, 0, 1)
        buckets = MinhashDedupBuckets(folders[0], folders[1], config=config)
        for rank in range(config.num_buckets):
            buckets.run(None, rank, config.num_buckets)
        MinhashDedupCluster(folders[1], folders[2], config).run(None, 0, 1)
        for path in Path(folders[2]).glob("*.remove"):
            yield from ((row, "-") for (row,) in struct.iter_unpack("<I", path.read_bytes()))


def by_shingles(options: argparse.Namespace) -> Iterator[tuple[int, str]]:
    for batch in batches(options.file):
        del batch
    yield from ()


WAYS = {"datasketch": by_datasketch, "datatrove": by_datatrove, "rensa": by_rensa, "shingles": by_shingles}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("file")
    parser.add_argument("threshold", type=float)
    parser.add_argument("out")
    parser.add_argument("--perms", type=int, default=128)
    parser.add_argument("--bands", type=int, default=0, help="0: what the peer chooses for the threshold")
    options = parser.parse_args()
    with open(options.out, "w", encoding="utf-8") as out:
        out.writelines(f"{row} near {first} -\n" for row, first in WAYS[options.way](options))


if __name__ == "__main__":
    sys.exit(main())
