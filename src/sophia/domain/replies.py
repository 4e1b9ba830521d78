"""Yes or no: reading what a user replies to the question whether to open a ticket.

Only a plain yes is one. What says more than yes asks for something that was not asked about, and is a message of its
own; so is whatever cannot be read.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from itertools import islice

from attrs import frozen

from sophia.domain.intent.verbs import fold

__all__ = ["QUESTION_STANDS", "Reply", "Saying", "read_reply"]

QUESTION_STANDS = timedelta(minutes=10)
"""How long a question whether to open a ticket can be answered with yes."""


class Saying(StrEnum):
    """What a reply says: yes, no, or a yes that goes on with something else."""

    YES = "yes"
    NO = "no"
    YES_AND_MORE = "yes_and_more"


@frozen
class Reply:
    """A reply to a question of yes or no.

    Attributes:
        rest: what is said after a no; empty where there is nothing.
    """

    saying: Saying
    rest: str = ""


_YES = """
    si, si si, claro, claro que si, si claro, vale, ok, okay, okey, oki, dale, venga, de acuerdo, por
    supuesto, adelante, correcto, exacto, eso es, asi es, afirmativo, confirmo, confirmado, lo confirmo,
    hazlo, hacelo, hagalo, abrelo, abrilo, abralo, abre el ticket, abri el ticket, abra el ticket, abre
    ticket, perfecto, obvio, sip, sipi, como no, me parece bien, si quiero, quiero, lo quiero, que si, ya te
    dije que si, esta bien, bueno, por favor hazlo, pues si, pues claro, yes, yes i do, yes do it, yep, yeah,
    yup, sure, sure thing, go ahead, do it, please do, open it, open the ticket, open a ticket, of course,
    absolutely, definitely, correct, confirm, confirmed, i confirm, affirmative, fine, sounds good, that is
    right, that's right, make it so, all right, alright, go for it, please open it
"""
_NO = """
    no, no no, nop, nope, nah, no gracias, para nada, mejor no, claro que no, todavia no, aun no, ahora no, de
    momento no, por ahora no, no hace falta, no es necesario, no lo hagas, no lo abras, no abras nada, no
    abras ningun ticket, no abras el ticket, no quiero, no lo quiero, dejalo, deja, olvidalo, olvidate,
    cancela, cancelalo, cancelar, negativo, ni hablar, que no, pues no, de ninguna manera, en absoluto, no
    thanks, no thank you, no need, not now, not yet, not really, never mind, nevermind, don't, dont, do not,
    don't open it, do not open it, don't do it, do not do it, leave it, forget it, forget about it, cancel,
    cancel it, negative, no way, i do not, i don't, no i don't, of course not, rather not, better not,
    absolutely not
"""
_COURTESY = """
    gracias, muchas gracias, mil gracias, por favor, porfavor, porfa, porfis, plis, please, pls, plz, thanks,
    many thanks, thank you, thx, ty, sophia, ahora, ahora mismo, cuanto antes, lo antes posible, en cuanto
    puedas, now, right now, right away, asap, as soon as possible, when you can, che, tio, amigo, saludos, un
    saludo, hola, hi, ya, nomas, no mas, pues, entonces, then, just
"""
_GOES_ON = frozenset(
    "pero y e aunque solo solamente excepto salvo menos tambien ademas con sin para en but and only just except also "
    "with without for plus".split()
)
_INSTEAD = frozenset(
    "mejor pero quiero queria prefiero dime explicame cuentame ensename solo but just rather instead i tell explain "
    "show only".split()
)
_SIGNS = {"👍": " yes ", "👌": " yes ", "✅": " yes ", "🆗": " yes ", "👎": " no ", "❌": " no ", "🚫": " no "}
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f\u200d\u2640\u2642]")
_SMILES = re.compile("[\U0001f600-\U0001f64f\U0001f90d-\U0001f9ff]|[:;]-?[)D]")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LOOKED_AT = 16  # words; no plain reply is longer, and a message can be very long
_MISSPELT, _LEFT_OUT = 4, 6  # letters from which two may stand in the wrong order, or one be missing


def read_reply(text: str) -> Reply | None:
    """What a message says as a reply to a question of yes or no; None where it is a message of its own."""
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    text = _SMILES.sub(" ", _SKIN.sub("", text))
    words = list(islice(_WORD.finditer(text), _LOOKED_AT))
    if not words or _plain(words[0].group()) not in _FIRST_WORDS:
        return None
    told = [_plain(word.group()) for word in words]
    said: list[Saying] = []
    at = 0
    while at < len(words):
        kind, length = _next(told, at)
        if length == 0:
            break
        at += length
        if kind is not None:
            said.append(kind)
    if not said or (said[-1] is Saying.YES and Saying.NO in said):
        return None
    saying = said[-1]  # "ok, no" is a no
    if at == len(words):
        return Reply(saying) if at < _LOOKED_AT and "?" not in text else None
    before, following = words[at - 1], words[at]
    between = text[before.end() : following.start()].strip()
    sure = bool(between) or "sí" in text[: before.end()].lower()
    if saying is Saying.YES and (sure or told[at] in _GOES_ON):
        return Reply(Saying.YES_AND_MORE)
    if saying is Saying.NO and (between or told[at] in _INSTEAD):
        return Reply(Saying.NO, text[_begins(text, before.end(), following.start()) :].strip())
    return None


def _begins(text: str, end: int, start: int) -> int:
    """Where what follows begins, with the mark that opens it."""
    opening = re.search(r"[¿¡«“\"'(]\s*\Z", text[end:start])
    return end + opening.start() if opening else start


def _next(told: list[str], at: int) -> tuple[Saying | None, int]:
    """What the longest phrase says that is known here, and its number of words; 0 where none is."""
    for length in range(min(_LONGEST, len(told) - at), 0, -1):
        phrase = " ".join(told[at : at + length])
        if phrase in _PHRASES:
            return _PHRASES[phrase], length
    return None, 0


def _plain(word: str) -> str:
    """A word in lower case without accents and without letters that are drawn out ("siii")."""
    return re.sub(r"(.)\1+", r"\1", fold(word))


def _phrases(listed: str) -> Iterator[str]:
    """The phrases of a list, and the usual slips in those of one word."""
    for phrase in listed.split(","):
        plain = " ".join(map(_plain, phrase.split()))
        yield plain
        if " " in plain:
            continue
        if len(plain) >= _MISSPELT:
            for i in range(len(plain) - 1):
                yield plain[:i] + plain[i + 1] + plain[i] + plain[i + 2 :]
        if len(plain) >= _LEFT_OUT:
            for i in range(len(plain)):
                yield plain[:i] + plain[i + 1 :]


_PHRASES: dict[str, Saying | None] = {
    **dict.fromkeys(_phrases(_COURTESY)),
    **dict.fromkeys(_phrases(_YES), Saying.YES),
    **dict.fromkeys(_phrases(_NO), Saying.NO),
}
_LONGEST = max(len(phrase.split()) for phrase in _PHRASES)
_FIRST_WORDS = frozenset(phrase.split()[0] for phrase in _PHRASES)
