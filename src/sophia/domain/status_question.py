"""What somebody asks who wants to know how far a ticket has come: "how is my ticket?", "¿ha terminado VICTORIA?".

A message is read clause by clause, in plain letters and with the usual slips mended. What asks about tickets in general
("how is a ticket opened?") is none of these: it speaks of no ticket of one's own, of no number, and of no agent's work.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from attrs import frozen

from sophia.domain.accents import without_accents
from sophia.domain.status_forms import (
    AGENT,
    COURTESY,
    GENERAL,
    LEAD,
    NUMBER,
    OWN_NUMBER,
    TRAIL,
    WORTH_A_LOOK,
    forms,
)
from sophia.domain.tickets import Ticket

__all__ = ["StatusQuestion", "about", "read_status_question"]


@frozen
class StatusQuestion:
    """What is asked about tickets.

    Attributes:
        numbers: by which tickets are named, in lower case.
        things: words for what a ticket is about, plain.
        certain: it is about tickets or an agent's work in so many words, so that having found none is an answer, too.
        needs_thread: only in a thread that has a ticket does it ask about one.
        rest: what else the message says, as it was written.
    """

    numbers: tuple[str, ...] = ()
    things: frozenset[str] = frozenset()
    certain: bool = False
    needs_thread: bool = False
    rest: str = ""

    @property
    def exact(self) -> frozenset[str]:
        """Those of the things that are written in one way only: addresses, hosts, ports."""
        return frozenset(filter(_has_digit, self.things))


def about(question: StatusQuestion, tickets: Sequence[Ticket]) -> tuple[Ticket, ...]:
    """Those of the tickets that the question is about, in their order."""
    named = tuple(ticket for ticket in tickets if any(_is_numbered(ticket, number) for number in question.numbers))
    if named or (question.numbers and not question.things):
        return named
    words = {ticket.id: _words_of(ticket) for ticket in tickets}
    if not question.certain:
        return tuple(t for t in tickets if all(_is_said(thing, words[t.id]) for thing in question.things))
    if question.exact:
        return tuple(ticket for ticket in tickets if question.exact <= words[ticket.id])
    return tuple(t for t in tickets if any(_is_said(thing, words[t.id]) for thing in question.things)) or tuple(tickets)


def read_status_question(text: str, agents: Sequence[str]) -> StatusQuestion | None:
    """What a message asks about tickets; None when it does not.

    Args:
        text: the user's words, in Spanish or English.
        agents: the names of those who take tickets.
    """
    if len(text) > _LONGEST:
        return None
    found: list[StatusQuestion] = []
    rest: list[str] = []
    for clause in _clauses(text):
        plain = _plain(clause, agents)
        question = _read(plain, asked="?" in clause)
        if question is not None:
            found.append(question)
        elif not COURTESY.fullmatch(plain):
            rest.append(clause)
    if not found:
        return None
    return StatusQuestion(
        tuple(dict.fromkeys(number for question in found for number in question.numbers)),
        frozenset().union(*(question.things for question in found)),
        any(question.certain for question in found),
        all(question.needs_thread for question in found),
        " ".join(rest),
    )


_STEM = 4
_LONGEST = 600
_MOST_WORDS = 24

_STOP = frozenset(
    """
    a al algo aun con de el ella ello en es esa ese eso esta
    este esto hoy ayer anoche la las le les lo los me mi mia mio mis
    ning nos nuestra nuestro o para pero por que se si sobre su te todavia todo tu un una uno y ya abri abrimos abriste
    pedi pediste pedimos pase pasaste pasamos hecho
    about already an and any anything asked at be been for from going i in is it my now of on our still that the this
    those to today us was we with yesterday night yet you opened raised
    ip ips direccion address host equipo servidor server maquina machine cuenta account usuario user puerto port
    ticket tickets peticion solicitud request xagentx
    """.split()
)

# What is done to anything, and says nothing of what was asked for.
_ANY_DEED = frozenset(
    """
    hecho hecha hechos hechas listo lista terminado terminada acabado completado completada finalizado solucionado
    solucionada arreglado arreglada resuelto resuelta aprobado aprobada aplicado aplicada pendiente pendientes atendido
    dado dada dieron hicieron aplicaron aprobaron completo aplico aprobo hizo pudo puesto puesta pusieron
    done finished completed complete fixed solved resolved handled processed applied approved pending sorted ready made
    put set given taken sent do make get apply approve finish complete handle
    """.split()
) | {""}

# Slips in the words that carry the meaning are mended by one letter too many, too few, wrong or swapped.
_MENDED = """
    ticket tickets estado estatus status peticion solicitud request terminado acabado resuelto finished resolved
    novedades noticias progress
""".split()
_NEVER_MENDED = frozenset("ticker tickers wicket wickets picket pickets thicket estando estada statue requests".split())
_SAME = {
    "tiquete": "ticket",
    "tiquetes": "tickets",
    "tiquet": "ticket",
    "tiquets": "tickets",
    "tique": "ticket",
    "tkt": "ticket",
    "del": "de el",
    "al": "a el",
    "q": "que",
    "xq": "por que",
    "whats": "what is",
    "hows": "how is",
    "wheres": "where is",
    "whos": "who is",
    "hasnt": "has",
    "isnt": "is",
    "didnt": "did",
    "havent": "have",
    "andas": "anda",
    "stado": "estado",
    "ba": "va",
    "ban": "van",
    "ke": "que",
    "ola": "hola",
    "w": "with",
    "komo": "como",
    "cmo": "como",
}
_CONTRACTED = re.compile(r"\b(what|how|where|who|that|it|there|victoria|" + AGENT + r")['’]?s\b(?=\s)")


def _read(plain: str, *, asked: bool) -> StatusQuestion | None:
    """One clause; ``plain`` is what `_plain` makes of it."""
    if plain.count(" ") > _MOST_WORDS or not WORTH_A_LOOK.search(plain):
        return None
    bare = TRAIL.sub("", LEAD.sub("", plain, count=1) if (lead := LEAD.match(plain)) else plain)
    for clause in (bare, plain) if lead else (bare,):
        for form in forms():
            match = form.pattern.fullmatch(clause) if asked or not form.only_asked else None
            if match is not None and (read := _meant(match, form.kind)) is not None:
                return read
    return None


def _meant(match: re.Match[str], kind: str) -> StatusQuestion | None:
    groups = match.groupdict()
    said = groups.get("things") or ""
    if GENERAL.search(said):
        return None
    things = frozenset(word for word in said.split() if word not in _STOP)
    numbers = tuple(re.findall(rf"(?<!\S){NUMBER}(?!\S)", match[0])) if kind in ("ticket", "number") else ()
    numbers = tuple(number for number in numbers if number not in things)
    if kind == "number":
        certain = any(map(OWN_NUMBER.fullmatch, numbers))
        return StatusQuestion(_bare(numbers), frozenset() if certain else frozenset(numbers), certain)
    if kind == "things":
        if not things:
            return None
        deed = groups.get("deed") or groups.get("tried") or ""
        if deed not in _ANY_DEED:
            things |= {deed}
        named = tuple(word for word in things if OWN_NUMBER.fullmatch(word))
        if named:
            return StatusQuestion(_bare(named), things - set(named), certain=True)
        return StatusQuestion(things=things, needs_thread=not any(map(_has_digit, things)))
    return StatusQuestion(_bare(numbers), things, kind == "ticket", kind == "it")


def _bare(numbers: Sequence[str]) -> tuple[str, ...]:
    return tuple(number.removeprefix("#") for number in numbers)


def _is_numbered(ticket: Ticket, number: str) -> bool:
    there = (ticket.external_id or "").lower()
    return number in (ticket.id, there) or (number.isdigit() and re.split(r"\D+", there)[-1] == number)


def _words_of(ticket: Ticket) -> frozenset[str]:
    said = " ".join(
        (ticket.title, ticket.user_message, *(thing for action in ticket.actions for thing in action.objects))
    )
    return frozenset(_tokens(_folded(said)))


def _is_said(thing: str, words: frozenset[str]) -> bool:
    """Whether a word is among these, in whatever form: "bloqueado" where "bloquea" is; addresses letter by letter."""
    if _has_digit(thing) or len(thing) < _STEM:
        return thing in words
    return any(word.startswith(thing[:_STEM]) for word in words)


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _clauses(text: str) -> Iterator[str]:
    # A stop within an address or a number ends nothing.
    for clause in re.split(r"(?<=[?!])|(?<=[.;])\s+|\n+", text):
        if clause.strip():
            yield clause.strip()


def _plain(clause: str, agents: Sequence[str]) -> str:
    """Lower case, without accents and punctuation, slips mended, the names of agents as one word."""
    text = _folded(clause)
    for agent in agents:
        text = re.sub(rf"\b(?:(?:the|el|la) )?{re.escape(_folded(agent))}\b", AGENT, text)
    text = _CONTRACTED.sub(r"\1 is", text).replace("'", "").replace("’", "")
    return " ".join(_mend(token) for token in _tokens(text))


def _tokens(text: str) -> Iterator[str]:
    return (token for word in re.findall(r"[\w#][\w.:/@#-]*", text) if (token := word.rstrip(".:/-")))


def _folded(text: str) -> str:
    return without_accents(text.lower())


def _mend(token: str) -> str:
    return _SAME.get(token) or _slips().get(token, token)


@cache
def _slips() -> dict[str, str]:
    """What one slip makes of the words that carry the meaning (P. Norvig's edits, norvig.com/spell-correct.html)."""
    slips: dict[str, str] = {}
    for word in _MENDED:
        parts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
        letters = "abcdefghijklmnopqrstuvwxyz"
        slips |= {a + b[1:]: word for a, b in parts if b}
        slips |= {a + b[1] + b[0] + b[2:]: word for a, b in parts if len(b) > 1}
        slips |= {a + c + b[1:]: word for a, b in parts if b for c in letters}
        slips |= {a + c + b: word for a, b in parts for c in letters}
    for word in (*_MENDED, *_NEVER_MENDED):
        slips.pop(word, None)
    return slips
