"""Which named look-up a message asks for, if any: by its words and, where there are vectors, by its meaning."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import mul
from typing import TypeAlias

from attrs import field, frozen

from sophia.domain.asked import Category, Intent
from sophia.domain.intent.verbs import fold
from sophia.domain.named_lookups.concepts import CONCEPTS, concepts
from sophia.domain.named_lookups.readers import read_values
from sophia.domain.named_lookups.values import NamedLookup

__all__ = ["ASKS", "WITH_MEANING", "WORDS_ALONE", "Asked", "candidates", "choose", "match", "score"]

ASKS = 0.5
"""The score from which a message asks for a look-up."""

SURE = 0.75
"""The score from which a question is one for a look-up although it reads as the report of a fault."""

_AS_GOOD = 0.4
_CANDIDATES = 4  # look-ups whose examples are compared by meaning
_COMPARED = 4  # examples of each: an embedding is made once a process, and takes some milliseconds
_USUAL_COSINE, _USUAL_SPREAD = 0.88, 0.03  # of questions on the same subject, by multilingual-e5-small
_LIGHT = 0.4  # what a kind of named thing weighs against a concept
# What is asked of a text, and not of a system: rules, ways, meanings.
_TEXTUAL = re.compile(
    r"\b(?:politic\w+|polic(?:y|ies)|norma\w*|standards?|procedimient\w+|procedures?|runbooks?|guias?|guides?"
    r"|manual(?:es)?"
    r"|document\w+|segun|according|protocol\w+|que (?:significa|quiere decir|es un|es una|dice)|what (?:does|is a"
    r"|is an)"
    r"|como (?:se|puedo|hago|hay|debo|configur\w+|reinici\w+|resta\w+|cambi\w+|conecto|ve(?:o|mos)|mir(?:o|amos)"
    r"|desbloque\w+|solicit\w+)"
    r"|how (?:do|does|should|can|to)\b|deb(?:o|e|emos|en|eria\w*)|should|must|hay que|tengo que|plazo|deadline|umbral"
    r"|threshold|por que|why|responsable|owner|en que consiste|explica\w*|explain|puedo|can i|may i|permitid\w+"
    r"|allowed to"
    r"|requisit\w+|requirements?|recomend\w+|recommend\w*|best practice|buenas practicas|cada cuanto|how often|how long"
    r"|cuanto tiempo|se guardan|se conserva\w*|are kept|retention|retencion|(?:quien|who|whom|a quien) (?:aprueba"
    r"|autoriza|decide|revisa|atiende|aviso|approves|reviews|handles|decides|do i)|bloquean una|locks? an|(?:que"
    r"|what) (?:es|is) (?:un|una|a|an|la|el|the)"
    r"|diferencia|difference|considera|counts as|(?:corrige|fixes|afecta a|affected by) cve|what(?:'s| is) (?:high"
    r"|the difference)|va a la|maximo|maximum|minimo|minimum|permite\w*|ejemplo|example)\b"
)
_READS = re.compile(
    r"^\W*(?:(?:hola|hi|hello|por favor|please)\W+)?(?:ponme|dame|dime|muestra\w*|ensena\w*|saca\w*|lista(?:me|do)?"
    r"|busca\w*"
    r"|consulta\w*|revisa|mira|numero de|show|list|give me|tell me|look up|pull|review|number of|check)\b"
)
_EVENTS = re.compile(
    r"^\W*(?:(?:inicios|intentos|accesos|logins?|logons?|fallos|errores|alertas|interfaces|enlaces|conexiones|trafico|bloqueos"
    r"|denegad[oa]s|sesiones|anotaciones|failed|login|logon|sign-in|access|authentication|alerts|interfaces|links|ports"
    r"|connections|denied|blocked|denies|drops|errors|failures|attempts|sessions|annotations)\b)"
)
_NOT_TO_BE_DONE = (Category.TROUBLESHOOTING, Category.LOOKUP)
_OWN = re.compile(r"\b(?:me|mi|mis|nos|nuestr\w+|my|our|i|we|no (?:puedo|podemos|va|funciona)|can'?t|cannot)\b")
_DEFINES = re.compile(
    r"^\W*(?:que (?:hago|hacemos|hay que hacer|es|son|significa\w*|quiere decir|se considera|diferencia)|what (?:is"
    r"|are) (?:an? |the difference"
    r"|meant)"
    r"|what (?:does \w+ mean|counts as)|what do (?:we|i) do|define|explica(?:me)?|explain)\b"
)
_QUESTION = re.compile(
    r"(?:^|[¿,.:;] ?)(?:y |and |hola |hey )?(?:en |de |desde |from |in )?(?:que|cual(?:es)?|cuant[oa]s?|quien(?:es)?"
    r"|which|what|who"
    r"|how many|how often|hay|hubo|ha habido|are there|is there|any|did any|does any|tiene algun\w*|se ha)\b"
)
# What is asked of a system, as it is or has been.
_STATE = re.compile(
    r"\b(?:cuant[oa]s?|how many|hay|hubo|ha habido|any|are there|is there|were there|lista\w*|list|muestra\w*"
    r"|ensena\w*|show"
    r"|dame|give me|mira\w*|check|consulta\w*|busca\w*|look|see|ver|estado|status|state|ahora|now|currently|right now"
    r"|estan?"
    r"|is|are|which|que|cual(?:es)?|who|quien(?:es)?|saca\w*|revisa\w*|comprueba\w*|pull)\b"
)


@frozen
class Asked:
    """A message, or a part of one, as it is matched.

    Attributes:
        text: without the words that name a time.
        intent: of the text.
        timed: whether it names a time.
        vector: its query embedding; empty: its words decide alone.
        beside: other words that it points to.
    """

    text: str
    intent: Intent
    timed: bool = False
    vector: tuple[float, ...] = field(default=(), repr=False)
    beside: str = ""

    @property
    def whole(self) -> str:
        """What values are read from."""
        return f"{self.text}\n{self.beside}"


_Vectors: TypeAlias = Callable[[Sequence[str]], Sequence[Sequence[float]]]


def match(asked: Asked, lookups: Sequence[NamedLookup], vectors: _Vectors) -> NamedLookup | None:
    """The look-up that a message asks for, if it asks for one.

    Args:
        asked: the message.
        lookups: that there are.
        vectors: the query embeddings of examples; they are asked for of the few look-ups whose words are nearest.
    """
    if not may_ask(asked):
        return None
    scored = [
        (score(told, WITH_MEANING if "cosine" in told else WORDS_ALONE), lookup)
        for lookup, told in candidates(asked, lookups, vectors)
    ]
    return choose(scored, asked.whole, SURE if asked.intent.asks_action else ASKS)


def may_ask(asked: Asked) -> bool:
    """Whether a message is no request for action, and does not ask what something is or what to do."""
    acts = asked.intent.asks_action and not asks_state(asked)
    return not acts and not _DEFINES.search(fold(asked.text))


def asks_state(asked: Asked) -> bool:
    """Whether what reads as the report of a fault is the question if there is one ("which links are down?").

    So is a bare name of events with a time ("login errors of last night"), unless it is somebody's own trouble.
    """
    folded = fold(asked.text)
    if _TEXTUAL.search(folded):
        return False
    if asked.timed and _EVENTS.search(folded) and not _OWN.search(folded):
        return True
    asks = ("?" in asked.text and _QUESTION.search(folded)) or _READS.search(folded)
    return bool(asks) and asked.intent.category in _NOT_TO_BE_DONE


def choose(scored: Iterable[tuple[float, NamedLookup]], text: str, least: float = ASKS) -> NamedLookup | None:
    """The likeliest look-up; of those that are about as likely, the one that takes most of what the text names."""
    found = sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: -pair[0])
    near = [lookup for score, lookup in found if score >= found[0][0] - _AS_GOOD]
    complete = [lookup for lookup in near if _is_complete(lookup, text)]
    if complete:
        return max(complete, key=lambda lookup: len(lookup.parameters))
    # What asks for one of somebody that it does not name may ask for the one of everybody.
    return next((lookup for _, lookup in found if _is_complete(lookup, text)), near[0] if near else None)


def _is_complete(lookup: NamedLookup, text: str) -> bool:
    return len(read_values(lookup.parameters, text)) == len(lookup.parameters)


def candidates(
    asked: Asked, lookups: Sequence[NamedLookup], vectors: _Vectors
) -> list[tuple[NamedLookup, dict[str, float]]]:
    """The few look-ups whose words are nearest to a message's, with what speaks for and against each (`features`)."""
    ranked = sorted(((_words(asked, lookup, lookups), lookup) for lookup in lookups), key=lambda pair: -pair[0].best)
    found = []
    for words, lookup in ranked[:_CANDIDATES]:
        if words.best > 0:
            near = words.nearest[:_COMPARED]
            compared = [sum(map(mul, asked.vector, v)) for v in vectors(near)] if asked.vector else []
            found.append((lookup, features(asked, lookup, words, max(compared, default=None))))
    return found


def phrasings(lookup: NamedLookup) -> tuple[str, ...]:
    """The ways in which a look-up is asked for."""
    return (*lookup.titles.values(), *lookup.examples)


@frozen
class _Words:
    """How near the words of a message are to a look-up's.

    Attributes:
        best: to the nearest of its phrasings (Dice of weighted concepts, 0 to 1).
        known: share (0 to 1) of the message's concepts that any of its phrasings has.
        held: share (0 to 1) of a phrasing's concepts that the message has, at the most.
        nearest: the phrasings, nearest first.
    """

    best: float
    known: float
    held: float
    nearest: tuple[str, ...] = ()


def _words(asked: Asked, lookup: NamedLookup, lookups: Sequence[NamedLookup]) -> _Words:
    rare = _rarity(tuple(phrasings(other) for other in lookups))
    said = concepts(asked.text)
    weight = _weight(said, rare)
    if not weight:
        return _Words(0.0, 0.0, 0.0)
    held, known, near = 0.0, set[str](), list[tuple[float, str]]()
    for phrasing in phrasings(lookup):
        there = concepts(phrasing)
        known |= said & there
        both = _weight(said & there, rare)
        whole = _weight(there, rare)
        near.append((2 * both / (weight + whole), phrasing))
        held = max(held, both / (whole or 1.0))
    near.sort(key=lambda pair: -pair[0])
    return _Words(near[0][0], _weight(known, rare) / weight, held, tuple(phrasing for _, phrasing in near))


def _weight(words: Iterable[str], rare: Mapping[str, float]) -> float:
    # A concept that no look-up has tells that something else is asked; another word may be anything.
    known = max(rare.values(), default=1.0)
    weights = (
        rare.get(word, known if word in CONCEPTS else 1.0) * (_LIGHT if word[0] == "@" else 1.0) for word in words
    )
    return math.fsum(weights)


@lru_cache(maxsize=64)
def _rarity(phrased: tuple[tuple[str, ...], ...]) -> Mapping[str, float]:
    """How much a term tells of which look-up is meant: the less, the more look-ups have it."""
    held = [set().union(*map(concepts, phrases)) for phrases in phrased]
    return {term: 1 + math.log(len(held) / sum(term in one for one in held)) for term in set().union(*held)}


def features(asked: Asked, lookup: NamedLookup, words: _Words, cosine: float | None) -> dict[str, float]:
    """What speaks for and against it, by name."""
    folded = fold(asked.text)
    told = {
        "best": words.best,
        "known": words.known,
        "held": words.held,
        "lacks": float(not _is_complete(lookup, asked.whole)),
        "takes": float(bool(lookup.parameters) and _is_complete(lookup, asked.whole)),
        "lookup": float(asked.intent.category is Category.LOOKUP or asks_state(asked)),
        "knowledge": float(asked.intent.category is Category.KNOWLEDGE),
        "textual": float(_TEXTUAL.search(folded) is not None),
        "state": float(_STATE.search(folded) is not None),
        "timed": float(asked.timed),
        "1": 1.0,
    }
    return told if cosine is None else {**told, "cosine": (cosine - _USUAL_COSINE) / _USUAL_SPREAD}


def score(told: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """How surely (0 to 1) a message asks for a look-up."""
    x = math.fsum(value * weights[name] for name, value in told.items())
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))


# Fitted by benchmarks/fit_lookups.py, which has to be run again when concepts, examples or features change.
WORDS_ALONE = {
    "best": 5.02,
    "known": 5.7,
    "held": 4.98,
    "lacks": -1.28,
    "takes": 1.54,
    "lookup": 1.64,
    "knowledge": -0.35,
    "textual": -2.26,
    "state": -0.12,
    "timed": 0.07,
    "1": -13.17,
}
WITH_MEANING = {
    "best": 4.28,
    "known": 5.12,
    "held": 4.3,
    "lacks": -0.96,
    "takes": 1.88,
    "lookup": 1.57,
    "knowledge": -0.44,
    "textual": -2.22,
    "state": 0.27,
    "timed": 0.08,
    "cosine": 0.78,
    "1": -12.18,
}
