"""What the user said earlier that answers what they ask now."""

import re
from collections.abc import Sequence

from sophia.adapters.extractive.words import fold, terms
from sophia.domain.conversation import FoundMessage, Message, Role

__all__ = ["is_personal", "is_statement", "said_before"]

_PERSONAL = re.compile(
    r"\b(?:mis?|nuestr[oa]s?|yo|(?:te|os) (?:dije|conte|comente|he dicho)|recuerdas|acuerdas|dije|my|mine|our|i"
    r"|remember)\b"
)
_ASKS = re.compile(
    r"^\W*(?:que|quien|cual|cuales|cuando|cuant[oa]s?|como|donde|por que|dime|explica\w*|busca\w*|muestra\w*|lista\w*"
    r"|what|who|which|when|how|where|why|is|are|do|does|can|could|should|tell|show|list|find|explain|give)\b"
)
_STATES = re.compile(
    r"\W*(?:recuerda que|ten en cuenta que|apunta que|remember that|note that|keep in mind that"
    r"|(?:mis?|nuestr[oa]s?|my|our)\b.*\b(?:es|son|esta|estan|se llaman?|is|are|runs)\b)"
)
_RECALLING = frozenset(
    terms("dije conté comenté dicho recuerdas acuerdas told said say tell mine remember mention mentioned")
)
_LONGEST = 300


def is_personal(question: str) -> bool:
    """Whether a question is about the user or what they said, rather than about what is written."""
    return bool(_PERSONAL.search(fold(question)))


def is_statement(message: str) -> bool:
    """Whether a message tells something of the user instead of asking."""
    return "?" not in message and bool(_STATES.match(fold(message)))


def said_before(question: str, recalled: Sequence[FoundMessage], history: Sequence[Message]) -> Message | None:
    """The user's own statement, newest first, that names all the question is about and says something more."""
    asked = set(terms(question)) - _RECALLING
    told = [*history, *(found.message for found in recalled)]
    for message in sorted(told, key=lambda m: m.created_at, reverse=True):
        words = set(terms(message.text))
        if (
            message.role is Role.USER
            and asked
            and asked <= words
            and words - asked
            and "?" not in message.text
            and len(message.text) <= _LONGEST
            and not _ASKS.match(fold(message.text))
        ):
            return message
    return None
