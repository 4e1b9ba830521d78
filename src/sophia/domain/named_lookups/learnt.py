"""Which built-in look-up a message asks for, as labelled messages have taught it.

A multinomial logistic regression over three kinds of features: the message's query embedding, its concepts (`concepts`)
and hashed word n-grams. It knows the built-in look-ups alone; a company's own are matched by their words (`matching`).
A second set of weights serves where there is no embedding, or another embedder's.

The weights are package data (`weights.json`), made by `benchmarks/fit_lookups.py` from `data/lookups` and
`data/handoff`.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from math import exp
from typing import Any

from attrs import evolve, field, frozen

from sophia.domain.intent.verbs import fold
from sophia.domain.named_lookups.builtin import BUILT_IN
from sophia.domain.named_lookups.concepts import concepts
from sophia.domain.named_lookups.readers import masked
from sophia.domain.weights import add_grams, add_vector, cell, unpack_cells, unpack_rows

__all__ = ["BUCKETS", "NONE", "OUTPUTS", "VERSION", "LearntLookups", "LookupWeights", "bucket", "grams"]

BUCKETS = 2048
"""How many cells the n-grams are hashed into."""
VERSION = 1
"""Of the form of the weights."""
NONE = "none"
OUTPUTS = (NONE, *BUILT_IN)
"""What a message may ask for, in the order of the weights."""

_WORD = re.compile(r"@?[a-z0-9_'-]+")
_NUMBER = re.compile(r"\d+")
_MOST_WORDS = 60
_BEGINNING = 5


def bucket(gram: str) -> int:
    """The cell of an n-gram."""
    return cell(gram, BUCKETS)


def grams(text: str) -> tuple[str, ...]:
    """Words, pairs of words and the beginnings of long ones; things that are named stand as their kind."""
    words = (_NUMBER.sub("0", word) for word in _WORD.findall(fold(masked(text))))
    marked = ["^", *list(words)[:_MOST_WORDS], "?" if "?" in text else "."]
    found = [f"w{word}" for word in marked]
    found += [f"b{one} {next_}" for one, next_ in pairwise(marked)]
    found += [f"p{word[:_BEGINNING]}" for word in marked if len(word) > _BEGINNING]
    return tuple(dict.fromkeys(found))


@frozen
class LookupWeights:
    """One fitted model: a number for each of `OUTPUTS` everywhere.

    Attributes:
        concepts: by name.
        grams: `BUCKETS` rows of small integers; ``gram_scale`` makes weights of them.
        vector: a row of weights for each output; empty where the model uses words alone.
    """

    intercept: tuple[float, ...] = field(converter=tuple)
    concepts: Mapping[str, tuple[float, ...]] = field(repr=False)
    grams: Sequence[int] = field(repr=False)
    gram_scale: tuple[float, ...] = field(converter=tuple)
    vector: tuple[tuple[float, ...], ...] = field(default=(), repr=False)

    def chances(self, named: Iterable[str], listed: Sequence[str], vector: Sequence[float]) -> Mapping[str, float]:
        """How surely (0 to 1, together 1) each output is asked for."""
        totals = list(self.intercept)
        for name in sorted(named):
            if weights := self.concepts.get(name):
                totals = [total + weight for total, weight in zip(totals, weights, strict=True)]
        add_grams(totals, list(map(bucket, listed)), self.grams, self.gram_scale)
        add_vector(totals, self.vector, vector)
        top = max(totals)
        odds = [exp(total - top) for total in totals]
        whole = sum(odds)
        return {name: odd / whole for name, odd in zip(OUTPUTS, odds, strict=True)}


@frozen
class LearntLookups:
    """Tells how surely a message asks for each built-in look-up. Pure: the same message gives the same.

    Attributes:
        full: weights for a message with its embedding.
        words: weights for a message without one.
        embedder: version of the embedder whose vectors ``full`` was fitted on; another's mean nothing to it.
    """

    full: LookupWeights
    words: LookupWeights
    embedder: str

    @classmethod
    def load(cls) -> "LearntLookups":
        """Those that are shipped. Read once a process."""
        return _shipped()

    @classmethod
    def from_json(cls, text: str) -> "LearntLookups":
        """Those that `benchmarks/fit_lookups.py` has written.

        Raises:
            ValueError: the weights have another form than this code reads.
        """
        stored = json.loads(text)
        if (stored["version"], stored["outputs"], stored["buckets"]) != (VERSION, list(OUTPUTS), BUCKETS):
            raise ValueError("the weights of look-ups are of another form than this code reads")
        return cls(_weights(stored["full"]), _weights(stored["words"]), stored["embedder"])

    def for_embedder(self, version: str) -> "LearntLookups":
        """The same for a user of this embedder: unless it is the one of the weights, the words alone decide."""
        return self if version == self.embedder else evolve(self, full=self.words)

    def __call__(self, text: str, vector: Sequence[float] = ()) -> Mapping[str, float]:
        """The chances of `OUTPUTS`.

        Args:
            text: of the message, without the words that name a time.
            vector: its query embedding. Without one, or with one of another length, the words alone decide.
        """
        fits = self.full.vector and len(vector) == len(self.full.vector[0])
        return (self.full if fits else self.words).chances(concepts(text), grams(text), vector if fits else ())


def _weights(stored: Mapping[str, Any]) -> LookupWeights:
    return LookupWeights(
        stored["intercept"],
        {name: tuple(row) for name, row in stored["concepts"].items()},
        unpack_cells(stored["grams"]),
        stored["gram_scale"],
        unpack_rows(stored["vector"], stored["vector_scale"]),
    )


@cache
def _shipped() -> LearntLookups:
    text = resources.files("sophia.domain.named_lookups").joinpath("weights.json").read_text(encoding="utf-8")
    return LearntLookups.from_json(text)
