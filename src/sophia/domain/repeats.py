"""Whether a message asks again for what an open ticket asks for already.

To take one request for another loses it; to open a second ticket costs somebody a minute. So a message is a repetition
only where everything that it asks for is in the ticket and nothing in it points elsewhere. By words, not by vectors:
"block" and "unblock", or the name of another city, are next to each other in the embedding.
"""

import re
from collections.abc import Collection
from datetime import timedelta

from sophia.domain.asked import Action, Category
from sophia.domain.conversation import Message
from sophia.domain.intent.verbs import fold
from sophia.domain.intent.words_en import ENGLISH_FUNCTION
from sophia.domain.intent.words_es import SPANISH_FUNCTION
from sophia.domain.tickets import Priority, Ticket, TicketState, TicketStatus
from sophia.domain.urgency import Urgency, urgency_of

__all__ = ["REPEATED_WITHIN", "asks_again"]

REPEATED_WITHIN = timedelta(minutes=15)
"""How long after its ticket a request in other words is taken for the same."""

_CLOSED = frozenset((TicketState.RESOLVED, TicketState.REJECTED, TicketState.RETURNED))
# Verbs that ask for the same. What is in none of these lines is the same as itself only.
_SAME = (
    "bloquear banear cortar denegar block ban deny cut drop blacklist blocklist",
    "desbloquear permitir unblock allow permit whitelist allowlist",
    "reiniciar rearrancar restart reboot",
    "desactivar deshabilitar inhabilitar suspender disable deactivate suspend",
    "activar habilitar enable activate",
    "aislar isolate quarantine",
    "borrar eliminar delete remove",
    "crear create",
    "restablecer resetear reset",
    "dar de alta,tener acceso,dar acceso,give access,get access,grant access,grant,necesitar acceso",
    "dar de baja,quitar acceso,revocar,revoke,revoke access",
    "abrir open",
    "cerrar close",
)
_VERB: dict[str, int] = {
    verb: line for line, verbs in enumerate(_SAME) for verb in (verbs.split(",") if "," in verbs else verbs.split())
}
_ANOTHER = re.compile(
    r"\b(?:tambien|ademas|otr[oa]s? (?:ticket|vez no)|(?:un|una) (?:nuev[oa]|otr[oa])|otr[oa]s?(?! vez)|aparte"
    r"|also|too|as well|another|others?|new ticket|second ticket|separate\w*|in addition|besides)\b"
)
_PLACE = re.compile(r"\b(?:en|desde|hacia|in|on|at|from|to|of|de|del)\b((?: [\w.-]+){1,4})")
_WORD = re.compile(r"[^\W_][\w.:/@-]*[^\W_]|[^\W_]")
_EXACT = re.compile(r"\d")
_NAME = re.compile(r"(?<![.!?¿¡\n:;] )(?<!^)(?<![¿¡])\b[A-ZÁÉÍÓÚÑ][\w-]+")
# Words that press, greet or point at the time, and say nothing of what is to be done.
_PRESSES = frozenset(
    """
    ya urgente urge hoy ahora mismo favor porfavor porfa gracias sigue siguen sigo seguimos todavia aun vez
    cuanto antes puedas posible inmediato rapido venga hola buenas buenos dias tardes please thanks thank you
    again still now today asap urgent urgently soon possible immediately already yet hello hi pedido dije
    dicho said asked ask told hora horas rato minutos momento manana tarde moment morning afternoon minutes
    hay need necesito necesitamos quiero queremos
    """.split()
)
_STEM = 5
_NEAR = 0.6


def asks_again(message: Message, category: Category, actions: Collection[Action], ticket: Ticket) -> bool:
    """Whether a message asks for what a ticket of its thread asks for already.

    Args:
        message: the user's.
        category: of what it asks for.
        actions: what it asks to be done.
        ticket: an earlier one.
    """
    text = message.text
    if ticket.category is not category or not _is_open(ticket):
        return False
    if (
        message.created_at - ticket.created_at > REPEATED_WITHIN
        or _points_elsewhere(text, ticket)
        or _is_worse(text, ticket)
    ):
        return False
    if ticket.category is Category.TROUBLESHOOTING:
        return _same_trouble(text, actions, ticket)
    return bool(actions) and all(any(_same_action(action, there) for there in ticket.actions) for action in actions)


def _is_open(ticket: Ticket) -> bool:
    return ticket.status is not TicketStatus.REJECTED and ticket.state not in _CLOSED


def _is_worse(text: str, ticket: Ticket) -> bool:
    """Whether more people, or more things, have stopped than whoever has the ticket knows of."""
    return ticket.priority is Priority.NORMAL and urgency_of(text) in (Urgency.MANY, Urgency.OUTAGE)


def _points_elsewhere(text: str, ticket: Ticket) -> bool:
    """Whether a message says that it is another request, or names a thing or a place that the ticket does not."""
    plain = fold(text)
    if _ANOTHER.search(plain):
        return True
    there = _words(ticket.user_message)
    named = {fold(name) for name in _NAME.findall(text)} | {word for word in _words(text) if _EXACT.search(word)}
    placed = {word for match in _PLACE.finditer(plain) for word in _words(match.group(1))}
    return not _stems(named | placed) <= _stems(there | _PRESSES)


def _same_action(action: Action, there: Action) -> bool:
    verb, other = fold(action.action), fold(there.action)
    if _VERB.get(verb, verb) != _VERB.get(other, other):
        return False
    things, others = _things(action.objects), _things(there.objects)
    exact, exact_there = (frozenset(filter(_EXACT.search, one)) for one in (things, others))
    if exact or exact_there:
        return exact == exact_there
    return bool(things) and (things <= others or others <= things)


def _same_trouble(text: str, actions: Collection[Action], ticket: Ticket) -> bool:
    """Whether the same thing is reported not to work, however it fails."""
    things = frozenset().union(*(_things(action.objects) for action in actions))
    others = frozenset().union(*(_things(action.objects) for action in ticket.actions))
    if things and others:
        return things <= others or others <= things
    said, there = (_stems(_words(one) - _PRESSES) for one in (text, ticket.user_message))
    return bool(said and there) and len(said & there) >= _NEAR * min(len(said), len(there))


def _things(objects: Collection[str]) -> frozenset[str]:
    return frozenset(_stems({word for thing in objects for word in _words(thing)} - _PRESSES))


def _words(text: str) -> frozenset[str]:
    """The words that carry meaning, folded."""
    return frozenset(_WORD.findall(fold(text))) - SPANISH_FUNCTION - ENGLISH_FUNCTION


def _stems(words: Collection[str]) -> frozenset[str]:
    """Words without their endings; what has a digit in it stays whole."""
    return frozenset(word if _EXACT.search(word) else word[:_STEM] for word in words)
