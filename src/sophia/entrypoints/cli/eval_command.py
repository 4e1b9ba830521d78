"""``sophia eval``: how good is it, on labelled data?"""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from sophia.bootstrap.evaluation import (
    HandoffEvaluation,
    Mode,
    RetrievalEvaluation,
    evaluate_handoff,
    evaluate_retrieval,
)
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import load_settings
from sophia.entrypoints.cli.options import json_option, quiet_logs
from sophia.entrypoints.cli.show import refresh_bars

__all__ = ["command"]

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("eval")
@click.option(
    "--config", "path", type=_FILE, envvar="SOPHIA_CONFIG", help="The settings file; the defaults where there is none."
)
@click.pass_context
def command(context: click.Context, path: Path | None) -> None:
    """Measure SOPHIA on labelled data."""
    quiet_logs()
    context.obj = Settings() if path is None else load_settings(path)


@command.command("handoff")
@click.argument("file", type=_FILE)
@json_option
@click.pass_obj
def handoff(settings: Settings, file: Path, as_json: bool) -> None:
    """How well requests for action are told from questions. FILE: JSON Lines of id, text, decision, category."""
    evaluation = evaluate_handoff(settings, file)
    if as_json:
        click.echo(json.dumps(_handoff_json(evaluation), ensure_ascii=False))
    else:
        _print_handoff(Console(), evaluation)


@command.command("retrieval")
@click.option("--corpus", type=_FILE, required=True, help="JSON Lines of _id, title, text.")
@click.option("--queries", type=_FILE, required=True, help="JSON Lines of _id, text.")
@click.option("--qrels", type=_FILE, required=True, help="Tab-separated query-id, corpus-id, score.")
@click.option("--mode", type=click.Choice(["hybrid", "dense", "lexical"]), default="hybrid", show_default=True)
@json_option
@click.pass_obj
def retrieval(settings: Settings, corpus: Path, queries: Path, qrels: Path, mode: Mode, as_json: bool) -> None:
    """How well the right documents are found in a BEIR collection."""
    with refresh_bars(Console(stderr=True), "corpus") as bars:
        evaluation = evaluate_retrieval(settings, corpus, queries, qrels, (mode,), bars)[mode]
    if as_json:
        click.echo(json.dumps(_retrieval_json(evaluation)))
    else:
        for name, value in _retrieval_json(evaluation).items():
            click.echo(f"{name:14} {value:.4f}" if "@" in name else f"{name:14} {value:.1f}")


def _retrieval_json(evaluation: RetrievalEvaluation) -> dict[str, float]:
    return {
        "ndcg@10": evaluation.ndcg_10,
        "recall@10": evaluation.recall_10,
        "recall@100": evaluation.recall_100,
        "mrr@10": evaluation.mrr_10,
        "index_s": evaluation.index_s,
        "query_p50_ms": evaluation.query_p50_ms,
        "query_p99_ms": evaluation.query_p99_ms,
    }


def _handoff_json(evaluation: HandoffEvaluation) -> dict[str, object]:
    return {
        "precision": evaluation.precision,
        "recall": evaluation.recall,
        "f1": evaluation.f1,
        "category_accuracy": evaluation.category_accuracy,
        "confusion": {f"{label}->{decided}": n for (label, decided), n in evaluation.confusion.items()},
        "latency_p50_ms": evaluation.p50_ms,
        "latency_p99_ms": evaluation.p99_ms,
        "predictions": [
            {"id": p.id, "decision": p.decision, "category": p.category.value} for p in evaluation.predictions
        ],
    }


def _print_handoff(console: Console, evaluation: HandoffEvaluation) -> None:
    table = Table("labelled \\ decided", "handoff", "answer")
    for label in ("handoff", "answer"):
        table.add_row(label, *(str(evaluation.confusion[label, decided]) for decided in ("handoff", "answer")))
    console.print(table)
    console.print(f"precision {evaluation.precision:.4f}  recall {evaluation.recall:.4f}  F1 {evaluation.f1:.4f}")
    if evaluation.category_accuracy is not None:
        console.print(f"category accuracy {evaluation.category_accuracy:.4f}")
    console.print(f"latency p50 {evaluation.p50_ms:.1f} ms, p99 {evaluation.p99_ms:.1f} ms (embedding included)")
