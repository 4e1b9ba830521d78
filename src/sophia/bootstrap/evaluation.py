"""Measuring SOPHIA on labelled data, along the very path of a turn."""

import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import attrs
import ir_measures
from attrs import frozen
from ir_measures import RR, R, nDCG

from sophia.adapters.beir.collection import BeirConverter, BeirSource, read_json_lines, read_qrels
from sophia.application.refresh_work import OnProgress
from sophia.bootstrap.settings import CompanySettings, Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.asked import Category
from sophia.domain.handoff import Course, HandoffPolicy
from sophia.domain.knowledge import KnowledgeQuery
from sophia.domain.tenancy import HandoffSetting
from sophia.errors import Fault, InvalidInput

__all__ = ["HandoffEvaluation", "Mode", "Prediction", "RetrievalEvaluation", "evaluate_handoff", "evaluate_retrieval"]

Mode: TypeAlias = Literal["hybrid", "dense", "lexical"]

_COMPANY = "evaluation"
_RANKED = 100  # documents ranked for a query
_CHUNKS_A_DOCUMENT = 4  # chunks looked at for each document that is to be ranked


@frozen
class RetrievalEvaluation:
    """How well the right documents are found, and how quickly."""

    ndcg_10: float
    recall_10: float
    recall_100: float
    mrr_10: float
    index_s: float
    query_p50_ms: float
    query_p99_ms: float


@frozen
class Prediction:
    """What was decided about one message."""

    id: str
    decision: Literal["handoff", "answer"]
    category: Category


@frozen
class HandoffEvaluation:
    """How well requests for action are told from questions.

    Attributes:
        confusion: how many messages of each pair (labelled, decided).
        category_accuracy: share of the messages whose category is right; None where none is labelled.
    """

    precision: float
    recall: float
    f1: float
    confusion: dict[tuple[str, str], int] = attrs.field(hash=False)
    category_accuracy: float | None
    p50_ms: float
    p99_ms: float
    predictions: tuple[Prediction, ...]


def evaluate_retrieval(
    settings: Settings,
    corpus: Path,
    queries: Path,
    qrels: Path,
    modes: Sequence[Mode] = ("hybrid",),
    on_progress: OnProgress = lambda _: None,
) -> dict[Mode, RetrievalEvaluation]:
    """Take a BEIR collection in as a company's documents, ask its queries, and compare with its judgements.

    Every mode is measured on the same index; ``hybrid`` is what a turn uses. It is an embedded one of its own, whatever
    the settings choose: nothing of a measurement comes into the database of the companies.

    Raises:
        InvalidInput: a file is not in the format of BEIR; names the line.
    """
    judged = read_qrels(qrels)
    asked = {str(q["_id"]): str(q["text"]) for q in read_json_lines(queries, "_id", "text") if str(q["_id"]) in judged}
    if not asked:
        raise InvalidInput(Fault("", f"no query of {queries} has a judgement in {qrels}"))
    source = BeirSource(corpus)
    with tempfile.TemporaryDirectory(prefix="sophia-eval-") as folder:
        own = attrs.evolve(
            settings,
            directory=Path(folder),
            database=attrs.evolve(settings.database, url=""),
            knowledge=attrs.evolve(settings.knowledge, index="embedded"),
            companies=(CompanySettings(_COMPANY),),
        )
        with Sophia(own, sources=lambda _: (source,), converter=BeirConverter()) as sophia:
            began = time.perf_counter()
            sophia.refresh(_COMPANY, on_progress=on_progress)
            index_s = time.perf_counter() - began
            wanted = {query: judged[query] for query in asked}
            return {mode: _measure(wanted, *_ask_all(sophia, asked, mode), index_s) for mode in modes}


def evaluate_handoff(settings: Settings, path: Path) -> HandoffEvaluation:
    """Decide about each message of a JSON Lines file (``id``, ``text``, ``decision``, ``category``) on its own.

    Where a turn would ask to confirm, it counts by which side of the boundary the message lies on.
    ``category`` may be left out, and other keys are passed over.

    Raises:
        InvalidInput: there is no message, or one lacks a key or has a value that it cannot have; names the message.
    """
    lines = list(read_json_lines(path, "id", "text", "decision"))
    if not lines:
        raise InvalidInput(Fault("", f"{path} has no message"))
    for number, line in enumerate(lines, 1):
        if line["decision"] not in ("handoff", "answer"):
            raise InvalidInput(Fault("", f"{path}, message {number}: decision must be handoff or answer"))
        if not isinstance(line["text"], str):
            raise InvalidInput(Fault("", f"{path}, message {number}: text must be a string"))
        if line.get("category", Category.OTHER) not in tuple(Category):
            raise InvalidInput(Fault("", f"{path}, message {number}: category must be one of {', '.join(Category)}"))
    company = CompanySettings(_COMPANY)
    predictions, times = [], []
    with tempfile.TemporaryDirectory(prefix="sophia-eval-") as folder:
        own = attrs.evolve(settings, directory=Path(folder), companies=(company,))
        sophia = Sophia(own)
        embedder, classify = sophia.embedder, sophia.classifier
        scope = sophia.scope(_COMPANY)
        embedder.embed_query("warm")
        for line in lines:
            began = time.perf_counter()
            intent = classify(line["text"], embedder.embed_query(line["text"]))
            course = HandoffPolicy().decide(intent, scope, HandoffSetting.AUTO).course
            times.append((time.perf_counter() - began) * 1000)
            acts = course is Course.HAND_OFF or (course is Course.CONFIRM and intent.asks_action)
            predictions.append(Prediction(str(line["id"]), "handoff" if acts else "answer", intent.category))
    return _compare(lines, predictions, times)


def _compare(lines: list[dict[str, str]], predictions: list[Prediction], times: list[float]) -> HandoffEvaluation:
    confusion = {(label, decided): 0 for label in ("handoff", "answer") for decided in ("handoff", "answer")}
    for line, prediction in zip(lines, predictions, strict=True):
        confusion[line["decision"], prediction.decision] += 1
    hit = confusion["handoff", "handoff"]
    precision = hit / (hit + confusion["answer", "handoff"] or 1)
    recall = hit / (hit + confusion["handoff", "answer"] or 1)
    labelled = [
        (line["category"], p.category) for line, p in zip(lines, predictions, strict=True) if "category" in line
    ]
    right = sum(label == found for label, found in labelled)
    p50, p99 = _percentiles(times)
    return HandoffEvaluation(
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall or 1.0),
        confusion=confusion,
        category_accuracy=right / len(labelled) if labelled else None,
        p50_ms=p50,
        p99_ms=p99,
        predictions=tuple(predictions),
    )


def _ask_all(sophia: Sophia, asked: Mapping[str, str], mode: Mode) -> tuple[dict[str, dict[str, float]], list[float]]:
    """The documents ranked for each query, each by its best chunk, and how long each query took (ms)."""
    scope = sophia.scope(_COMPANY)
    with sophia.records.read(scope) as tx:
        names: dict[str, str] = {}
        cursor: str | None = None
        while True:
            page = tx.documents.list(1000, cursor)
            names |= {document.id: document.external_id for document in page.items}
            if (cursor := page.next) is None:
                break
    runs: dict[str, dict[str, float]] = {}
    times = []
    for query_id, text in asked.items():
        began = time.perf_counter()
        vector = sophia.embedder.embed_query(text) if mode != "lexical" else ()
        words = text if mode != "dense" else ""
        hits = sophia.index.search(scope, KnowledgeQuery(words, vector, _RANKED * _CHUNKS_A_DOCUMENT))
        times.append((time.perf_counter() - began) * 1000)
        ranked = list(dict.fromkeys(names[hit.document_id] for hit in hits))[:_RANKED]
        # The order is what counts; scores of equal chunks would leave it to the library to break the tie.
        runs[query_id] = {document: 1.0 / (rank + 1) for rank, document in enumerate(ranked)}
    return runs, times


def _measure(
    judged: Mapping[str, Mapping[str, int]],
    runs: Mapping[str, Mapping[str, float]],
    times: list[float],
    index_s: float,
) -> RetrievalEvaluation:
    figures = ir_measures.calc_aggregate((nDCG @ 10, R @ 10, R @ 100, RR @ 10), judged, runs)
    p50, p99 = _percentiles(times)
    return RetrievalEvaluation(
        ndcg_10=figures[nDCG @ 10],
        recall_10=figures[R @ 10],
        recall_100=figures[R @ 100],
        mrr_10=figures[RR @ 10],
        index_s=index_s,
        query_p50_ms=p50,
        query_p99_ms=p99,
    )


def _percentiles(times: list[float]) -> tuple[float, float]:
    if len(times) < 2:  # noqa: PLR2004 -- one figure is its own median
        return times[0], times[0]
    cuts = statistics.quantiles(times, n=100)
    return statistics.median(times), cuts[98]
