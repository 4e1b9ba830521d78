"""Hybrid retrieval beside its two halves, on the same index in the same run.

    python benchmarks/retrieval.py ../shared/data/retrieval

Takes ATT&CK (English) and XQuAD (Spanish and English, each way) as they lie in that folder. Aims: ATT&CK hybrid at
least a quarter above lexical; crossed languages never below dense; the same language at least 0.97.
"""

import argparse
from pathlib import Path

from sophia.bootstrap.evaluation import evaluate_retrieval
from sophia.bootstrap.settings import Settings
from sophia.entrypoints.cli.options import quiet_logs

MODES = ("lexical", "dense", "hybrid")


def collections(folder):
    attack, xquad = folder / "attack", folder / "xquad"
    yield "attack", attack / "corpus.jsonl", attack / "queries.jsonl", attack / "qrels.tsv"
    for corpus in ("en", "es"):
        for queries in ("en", "es"):
            yield (
                f"xquad {queries}->{corpus}",
                xquad / f"corpus.{corpus}.jsonl",
                xquad / f"queries.{queries}.jsonl",
                xquad / "qrels.tsv",
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="just the collections whose name begins like this")
    arguments = parser.parse_args()
    quiet_logs()
    print("nDCG@10        " + "".join(f"{mode:>9}" for mode in MODES) + "  recall@100  query p50/p99 ms")
    for name, corpus, queries, qrels in collections(arguments.folder):
        if arguments.only and not name.startswith(arguments.only):
            continue
        found = evaluate_retrieval(Settings(), corpus, queries, qrels, MODES)
        best = found["hybrid"]
        print(
            f"{name:15}" + "".join(f"{found[mode].ndcg_10:9.4f}" for mode in MODES),
            f"{best.recall_100:11.4f}  {best.query_p50_ms:.1f}/{best.query_p99_ms:.1f}",
            flush=True,
        )
