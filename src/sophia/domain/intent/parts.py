"""The parts of a message that has been read: tokens, sentences and verbs in use."""

import re
from functools import cache

from attrs import field, frozen

from sophia.domain.intent import words

__all__ = [
    "CONJUNCTIONS",
    "OUTRIGHT",
    "PAUSES",
    "REQUEST",
    "Reading",
    "Sentence",
    "Token",
    "Verb",
    "acts",
    "compiled",
    "noun_kinds",
]

PAUSES = frozenset(",:()[]—–¿¡-")
CONJUNCTIONS = frozenset("y e and but pero pues then luego entonces so sino o or &".split())
REQUEST = "req"
OUTRIGHT = frozenset(("imp", "imp0", "clitic", "too"))
"""Manners of a request that are no mere question."""
_ACTING = ("change", "create", "fix")


@frozen
class Token:
    """A word or mark: as written, folded, and where it stands in the message."""

    raw: str
    word: str
    start: int


@frozen
class Verb:
    """A verb as it is used.

    Attributes:
        lemma: infinitive in Spanish, base form in English.
        kinds: what it asks for (the keys of `words_es.SPANISH_VERBS`).
        role: req, neg, avert (not to be left so: an order after all), past, howto, hyp, or plain where it is none.
        manner: how a request is worded: imp, imp0 (first word), clitic, modal, need, passive, that, inf, ask;
            too for one that is joined to a question ("who owns it, and also restart it"), in whatever mood;
            we, with role plain, where it is asked whether to do it together ("¿bloqueamos…?", "shall we…?").
        target: the kind of the first telling noun after it, or nothing.
        article: how its object is introduced (def, indef, bare) and for whom (me, him).
        opens: the conjunction or question word right after it: if, why, how, which.
        sentence: which sentence it is in.
        token: which token of that sentence it is.
    """

    lemma: str
    kinds: frozenset[str]
    role: str
    manner: str
    target: str
    article: str
    opens: str
    sentence: int
    token: int


@frozen
class Sentence:
    """One sentence outside quotes."""

    tokens: tuple[Token, ...]
    text: str
    question: bool
    flags: frozenset[str] = field(default=frozenset())


@frozen
class Reading:
    """A message, read."""

    text: str
    masked: str
    plain: str
    sentences: tuple[Sentence, ...]
    verbs: tuple[Verb, ...]
    quotes: tuple[tuple[int, int], ...]

    @property
    def requests(self) -> tuple[Verb, ...]:
        """The verbs that ask for something."""
        return tuple(verb for verb in self.verbs if verb.role == REQUEST)


def acts(verb: Verb) -> bool:
    """Whether a request asks that something be changed, made or repaired, rather than read, told or written."""
    if verb.opens in {"who", "which", "count", "when", "where", "how", "what"} and verb.kinds & {
        "light",
        "read",
        "tell",
    }:
        return False
    if "light" in verb.kinds:
        if verb.target == "ticket" and "write" in verb.kinds:
            return False
        if verb.target in {"access", "target", "ticket"}:
            return True
        if verb.target in {"info", "text"} or (verb.target == "many" and not verb.article.endswith("him")):
            return False
        return bool(verb.kinds & {"change", "create"})
    if verb.kinds & {"read", "tell", "write"} and not verb.kinds & {"change", "fix"}:
        return False
    if verb.target == "text" and "change" not in verb.kinds:
        return False
    return bool(verb.kinds & {*_ACTING, "ticket"})


@cache
def noun_kinds() -> dict[str, str]:
    """Every noun of `words.NOUNS` and its kind; of two kinds, the first counts."""
    table: dict[str, str] = {}
    for kind, listed in words.NOUNS.items():
        for noun in listed.split():
            table.setdefault(noun, kind)
    return table


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled once."""
    return re.compile(pattern)
