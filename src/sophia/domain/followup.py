"""Questions that lean on the one before them: "and for contractors?"."""

import re
from collections.abc import Sequence

from sophia.domain.accents import without_accents
from sophia.domain.conversation import Message, Role

__all__ = ["contextual_question"]

_LONGEST = 12
_BARE = 4

# How somebody begins who goes on with what was said.
_GOES_ON = re.compile(
    r"\W*(?:y|e|pero|entonces|tambien|tampoco|en ese caso|si no|que hay de|and|but|also|then|so"
    r"|in that case|if so|if not|what about|how about)\b"
)
# A question word and hardly more: what it asks about was said before.
_BARE_QUESTION = re.compile(
    r"\W*(?:a |de |con |en |para |desde |hasta |for |by |since |until )?"
    r"(?:por que|cuando|cada cuanto|cuant[oa]s?|quien|quienes|donde|why|when|who|where|how (?:long|often|many|much))\b"
)
# What is to be shown or told was said before.
_MORE = re.compile(
    r"\W*(?:(?:por favor|please)\W+)?(?:dame|ponme|muestrame|ensename|quiero|cuentame|dime|explica(?:me)?(?:lo)?"
    r"|amplia(?:lo)?|(?:show|give|tell) me|explain|expand)?\W*(?:(?:un|otro|algun|mas|an|another|some|more) )?"
    r"(?:ejemplos?|detalles?|mas|examples?|details?|more|mejor|better)\W*(?:por favor|please)?\W*"
)
# Words that stand for something said before. English "that" and "it" do so at the end, or as what a verb is about.
_POINTS_BACK = re.compile(
    r"\b(?:eso|ello|aquello|es[ea]s? (?:mism[oa]s? )?\w+|lo mismo|dich[oa]s? \w+|al respecto"
    r"|lo (?!que\b|mas\b|mejor\b|peor\b|primero\b)\w+|\w{3,}[aei]rl[oa]s?"
    r"|(?:it|that|this|them|those|these|there)(?=\W*$)|the same|the latter|the former|those|th(?:at|is) one"
    r"|(?:is|are|was|does|do|did|can|could|should|must|will|may|has|have|of|for|about|with)"
    r" (?:it(?! \w+ (?:to|that)\b)|they|them|that|those)(?! \w+s\b))\b"
)


def contextual_question(question: str, history: Sequence[Message]) -> str:
    """The question as it can be understood alone: together with the user's previous one, if it leans on it.

    Args:
        question: the user's words now.
        history: the thread's messages before it, oldest first.

    Returns:
        The question itself, unless it is short and goes on with, or points back to, what was said.
    """
    if not _is_followup(question):
        return question
    previous = next((m.text for m in reversed(history) if m.role is Role.USER), "")
    return f"{previous.strip()} {question}" if previous.strip() else question


def _is_followup(question: str) -> bool:
    plain = without_accents(question.lower())
    words = re.findall(r"\w+", plain)
    if not words or len(words) > _LONGEST:
        return False
    named = re.search(r"\w\W+[A-Z0-9]", question)
    bare = len(words) <= _BARE and not named and _BARE_QUESTION.match(plain)
    return bool(bare or _MORE.fullmatch(plain) or _GOES_ON.match(plain) or _POINTS_BACK.search(plain))
