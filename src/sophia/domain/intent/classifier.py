"""Whether a message asks that something be done, or to know something: the classifier behind `Intent`.

Three kinds of features go into one linear model (multinomial logistic regression, plus a two-way one whose logit is
averaged with it): the message's query embedding, what `cues` found in its words, and hashed word n-grams. The
score is calibrated on messages that the model had not seen. A second set of weights serves when there is no embedding.
The words alone have the last say where they leave no doubt (`settled`): a plain order is one, and action that is only
quoted or forbidden is none, whatever the embedding of the whole text suggests.

The weights are package data (`weights.json`), made by `benchmarks/fit_intent.py` from `data/handoff`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from math import exp, isfinite, log
from typing import Any

from attrs import evolve, field, frozen

from sophia.domain.asked import BOUNDARY, UNSURE, Category, Intent
from sophia.domain.intent.actions import actions_of, quotes_action
from sophia.domain.intent.clauses import asks_beside_order, parted
from sophia.domain.intent.cues import cues, grams
from sophia.domain.intent.parts import PAUSES, REQUEST, Reading, Verb, acts
from sophia.domain.intent.reading import read
from sophia.domain.weights import add_grams, add_vector, cell, unpack_cells, unpack_rows

__all__ = ["BUCKETS", "DIMENSIONS", "OUTPUTS", "VERSION", "IntentClassifier", "IntentWeights", "bucket", "settled"]

BUCKETS = 8192
"""How many cells the n-grams are hashed into."""
VERSION = 2
"""Of the form of the weights."""
DIMENSIONS = 384
"""Length of the embedding (multilingual-e5-small)."""
_CATEGORIES = tuple(Category)
_IS_ACTION = tuple(category.is_action for category in _CATEGORIES)
OUTPUTS = len(_CATEGORIES) + 1
"""One for each category, in the order of `Category`, and one for action."""

FIRM = 0.9
"""The least score of a plain order to act on a named thing: of 491 such labelled messages, 488 are handoffs."""
NAMED = 0.1
"""The highest score of a message that quotes or forbids action and asks for none in the user's own words."""
DOWN = 0.8
"""The least score of a thing that is named and said to be down, and no more: of 30 such labelled messages all are
handoffs. Less than `FIRM`: "interfaces caídas" may as well be looked up."""
SAID = 0.78
"""How sure the words alone must be that what is quoted is asked for after all ("so give it to her")."""


def bucket(gram: str) -> int:
    """The cell of an n-gram."""
    return cell(gram, BUCKETS)


@frozen
class IntentWeights:
    """One fitted model.

    Attributes:
        slope, shift: turn the raw logit of action into a calibrated one.
        intercept: one number an output.
        cues: the cue's name to its weight for every output.
        grams: BUCKETS rows of OUTPUTS small integers; `gram_scale` makes weights of them.
        vector: OUTPUTS rows of DIMENSIONS weights; empty where the model uses words alone.
    """

    slope: float
    shift: float
    intercept: tuple[float, ...] = field(converter=tuple)
    cues: Mapping[str, tuple[float, ...]] = field(repr=False)
    grams: Sequence[int] = field(repr=False)
    gram_scale: tuple[float, ...] = field(converter=tuple)
    vector: tuple[tuple[float, ...], ...] = field(default=(), repr=False)

    def outputs(self, found: Mapping[str, float], listed: Sequence[str], vector: Sequence[float]) -> list[float]:
        """The linear outputs for a message's cues, n-grams and embedding."""
        weighed = ([value * weight for weight in self.cues[name]] for name, value in found.items() if name in self.cues)
        totals = [sum(column) for column in zip(self.intercept, *weighed, strict=True)]
        add_grams(totals, list(map(bucket, listed)), self.grams, self.gram_scale)
        add_vector(totals, self.vector, vector)
        return totals

    def score(self, outputs: Sequence[float]) -> float:
        """The calibrated chance that action is asked for."""
        top = max(outputs[:-1])
        odds = [exp(output - top) for output in outputs[:-1]]
        doing = sum(odd for odd, is_action in zip(odds, _IS_ACTION, strict=True) if is_action)
        logit = (log(max(doing, 1e-300)) - log(max(sum(odds) - doing, 1e-300)) + outputs[-1]) / 2
        return 1 / (1 + exp(-max(-60.0, min(60.0, self.slope * logit + self.shift))))


@frozen
class IntentClassifier:
    """Reads what a message asks for. Pure: the same text and embedding give the same intent.

    Attributes:
        full: weights for a message with its embedding.
        words: weights for a message without one.
        embedder: version of the embedder whose vectors ``full`` was fitted on; another's mean nothing to it.
        data: digest of the messages that both were fitted on.
    """

    full: IntentWeights
    words: IntentWeights
    embedder: str
    data: str

    @classmethod
    def load(cls) -> "IntentClassifier":
        """The classifier as it is shipped. Read once a process, with the verb tables (a tenth of a second)."""
        return _shipped()

    @classmethod
    def from_json(cls, text: str) -> "IntentClassifier":
        """A classifier from the text that `benchmarks/fit_intent.py` writes.

        Raises:
            ValueError: the weights have another form than this code reads.
        """
        stored = json.loads(text)
        if stored["version"] != VERSION or stored["outputs"] != OUTPUTS or stored["buckets"] != BUCKETS:
            raise ValueError(f"intent weights of version {stored['version']}, this code reads {VERSION}")
        return cls(_weights(stored["full"]), _weights(stored["words"]), stored["embedder"], stored["data"])

    def for_embedder(self, version: str) -> "IntentClassifier":
        """The classifier for a user of this embedder: unless it is the one of the weights, the words alone decide."""
        return self if version == self.embedder else evolve(self, full=self.words)

    def __call__(self, text: str, vector: Sequence[float] = ()) -> Intent:
        """What a message asks for.

        Args:
            text: the message as the user wrote it; what it quotes does not count unless the user adopts it.
            vector: its query embedding. Without one, or with one of another length, the words alone decide.

        Raises:
            ValueError: the embedding is not finite.
        """
        if not all(isfinite(x) for x in vector):
            raise ValueError("an embedding has finite numbers only")
        reading = read(text)
        found, listed = cues(reading), grams(reading)
        outputs = self.words.outputs(found, listed, ())
        score = said = self.words.score(outputs)
        if len(vector) == DIMENSIONS:
            outputs = self.full.outputs(found, listed, vector)
            score = self.full.score(outputs)
        score = settled(reading, score, said)
        doing = score >= BOUNDARY
        likeliest_action, likeliest_other = _likeliest(outputs, action=True), _likeliest(outputs, action=False)
        category = likeliest_action if doing else likeliest_other
        besides = doing and (_asks(reading) or asks_beside_order(reading))
        question = besides if doing else category in (Category.KNOWLEDGE, Category.LOOKUP)
        if score < UNSURE[0]:
            return Intent(category, score, question)
        asked, ordered = parted(reading) if besides else ("", "")
        return Intent(category, score, question, actions_of(reading), likeliest_action, asked, ordered)


def _likeliest(outputs: Sequence[float], *, action: bool) -> Category:
    side = (at for at, is_action in enumerate(_IS_ACTION) if is_action is action)
    return _CATEGORIES[max(side, key=outputs.__getitem__)]


def settled(reading: Reading, score: float, said: float) -> float:
    """The score, unless the words leave no doubt: a plain order, a thing that is down, action only quoted or forbidden.

    Whether to act on something named is never answered as if it were nothing but a question: at the least it is unsure.

    Args:
        reading: the message, read.
        score: what the model makes of its words and embedding.
        said: what the model makes of its words by themselves.
    """
    if _orders(reading):
        return max(score, FIRM)
    if _only_named(reading) and (said < SAID or _forbids(reading)):
        return min(score, NAMED)
    if _names_what_is_down(reading):
        return max(score, DOWN)
    if _proposes(reading):
        return max(score, UNSURE[0])
    return score


_NAMED_THINGS = frozenset(("access", "many", "target"))
_NO_ORDERS = frozenset(("light", "read", "tell", "write"))
_IMPERATIVES = frozenset(("imp", "imp0", "clitic"))
_GIVING = frozenset("give grant da dad dale dales dadle dadles denle denles otorga otorgale concede concedele".split())
_HOST = re.compile(r"(?:[\w.+-]{1,64}@)?(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}")
_OPENS_QUESTION = frozenset(("howto", "wh", "norm", "status", "general"))


def _orders(reading: Reading) -> bool:
    """Whether a message orders in so many words to act on a named thing; then it does, whatever it says besides."""
    return any(
        acts(verb)
        and (verb.target in _NAMED_THINGS or _names_host(reading, verb))
        and verb.manner in _IMPERATIVES
        and not verb.opens
        and (not verb.kinds & _NO_ORDERS or _gives_access(reading, verb))
        and not reading.sentences[verb.sentence].question
        for verb in reading.requests
    )


def _gives_access(reading: Reading, verb: Verb) -> bool:
    """Whether it is to give somebody access ("give bob access", "dale acceso"), which is nothing to be told."""
    word = reading.sentences[verb.sentence].tokens[verb.token].word
    return word in _GIVING and verb.target == "access" and not verb.article.endswith("me")


def _names_host(reading: Reading, verb: Verb) -> bool:
    """Whether what is to be acted on is a domain, or somebody's address."""
    tokens = reading.sentences[verb.sentence].tokens[verb.token + 1 : verb.token + _NEAR]
    return any(_HOST.fullmatch(token.word) for token in tokens)


_WANTING = frozenset("adopt desire lacks nominal please polite problem suggest urgent victoria".split())


def _only_named(reading: Reading) -> bool:
    """Whether action is quoted or forbidden, and nothing that the user says themselves could ask for any."""
    if any(acts(verb) and verb.role in {REQUEST, "avert"} for verb in reading.verbs):
        return False
    if any(sentence.flags & _WANTING for sentence in reading.sentences):
        return False
    return _forbids(reading) or quotes_action(reading)


def _forbids(reading: Reading) -> bool:
    return any(acts(verb) and verb.role == "neg" for verb in reading.verbs)


def _proposes(reading: Reading) -> bool:
    """Whether it is only asked whether to act on one named thing ("¿bloqueamos la 10.0.0.3?"): no plain question."""
    return len(reading.sentences) == 1 and any(
        verb.manner == "we"
        and acts(verb)
        and any(
            token.word in _THAT or any(character.isdigit() for character in token.word)
            for token in reading.sentences[verb.sentence].tokens[verb.token + 1 : verb.token + _NEAR]
        )
        for verb in reading.verbs
    )


_DOWN = re.compile(
    "(?:caid|muert|colgad|congelad|atascad|rot|averiad|inoperativ)[oa]s?|inaccesibles?|down|dead|offline|unreachable|frozen"
    "|stuck|jammed|broken|borked|bricked|unresponsive|hung"
)
_NO_REPORT = frozenset(("general", "howto", "hyp", "noaction", "norm", "resolved", "status", "text", "topic", "wh"))
_BESIDE_DOWN = frozenset("again another hoy now otra today vez ya".split())
_MOST_NAMED = 6


def _names_what_is_down(reading: Reading) -> bool:
    """Whether a message is a few words that name a thing, and that it is down ("sensores caídos")."""
    if len(reading.sentences) != 1 or reading.verbs or reading.quotes:
        return False
    sentence = reading.sentences[0]
    if sentence.question or sentence.flags & _NO_REPORT:
        return False
    said = [token.word for token in sentence.tokens if token.raw not in PAUSES and token.word not in _BESIDE_DOWN]
    return 1 < len(said) <= _MOST_NAMED and _DOWN.fullmatch(said[-1]) is not None


_THAT = frozenset("ese esa esos esas este esta estos estas that this those these".split())
_NEAR = 5


def _asks(reading: Reading) -> bool:
    """Whether a message that asks for action also asks to know something."""
    for number, sentence in enumerate(reading.sentences):
        asked = [verb for verb in reading.verbs if verb.sentence == number and verb.role == "req"]
        acted = any(acts(verb) for verb in asked)
        if sentence.question and not acted and not sentence.flags & {"polite", "suggest", "problem", "adopt"}:
            return True
        if sentence.question and "problem" in sentence.flags and sentence.flags & _OPENS_QUESTION and not acted:
            return len(reading.sentences) > 1 and "whyown" not in sentence.flags
        if any(
            verb.opens not in {"", "why", "if", "that"} and verb.kinds & {"tell", "read"} and not acts(verb)
            for verb in asked
        ):
            return True
        if any("tell" in verb.kinds and not acts(verb) and verb.manner != "that" for verb in asked) and any(
            acts(verb) for verb in reading.requests
        ):
            return "victoria" not in sentence.flags
    return False


def _weights(stored: Mapping[str, Any]) -> IntentWeights:
    return IntentWeights(
        slope=stored["slope"],
        shift=stored["shift"],
        intercept=stored["intercept"],
        cues={name: tuple(row) for name, row in stored["cues"].items()},
        grams=unpack_cells(stored["grams"]),
        gram_scale=stored["gram_scale"],
        vector=unpack_rows(stored["vector"], stored["vector_scale"]),
    )


@cache
def _shipped() -> IntentClassifier:
    text = resources.files("sophia.domain.intent").joinpath("weights.json").read_text(encoding="utf-8")
    shipped = IntentClassifier.from_json(text)
    shipped("hola")  # the tables are made at first use; better now than in a user's turn
    return shipped
