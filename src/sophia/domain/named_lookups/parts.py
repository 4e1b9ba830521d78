"""The parts of a message that may ask for different things."""

import re

from sophia.domain.intent.verbs import fold

__all__ = ["parts_of"]

MOST_PARTS = 4
"""A message with more parts is read as one whose last part is all of the rest."""

_END = re.compile(r"(?<=[.!?…])[\"'”»)]*\s+(?=[¿¡\"“«(]?\w)|\n+|;\s+")
# What joins two questions, or a question and a request: the word, and then how questions and requests begin.
_JOINT = re.compile(
    r"(?:,\s*|\s+)(?:y|e|and|ademas|tambien|also|and also|y ademas|y tambien)\s+(?:tambien |also |ademas |then "
    r"|luego )?(?=[¿]?(?:que|cuant\w+|cual\w*|quien\w*"
    r"|donde|cuando|como|hay|hubo|esta|estan|dime|dame|muestra\w*|ensena\w*|lista\w*|mira|si hay|si esta|how|what"
    r"|which|who|where|when|is|are"
    r"|was|were|any|show|list|tell|check|did|does|do|block|unblock|open|close|restart|reset|disable|enable|create"
    r"|isolate|unlock"
    r"|bloque\w+|desbloque\w+|abr[ea]\w*|cierr\w+|reinici\w+|crea\w*|aisl\w+|deshabilit\w+|habilit\w+|anad\w+"
    r"|quita\w*|cort\w+"
    r"|revoca\w*|elimina\w*|borra\w*)\b)"
)


def parts_of(text: str) -> tuple[str, ...]:
    """The sentences of a message, and the parts of a sentence that are joined by "and"; at least one."""
    parts: list[str] = []
    for sentence in _END.split(text):
        folded = fold(sentence)
        cuts = [match.span() for match in _JOINT.finditer(folded)] if len(folded) == len(sentence) else []
        starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(sentence)]
        parts += [part for start, end in zip(starts, ends, strict=True) if (part := sentence[start:end].strip())]
    if len(parts) > MOST_PARTS:
        parts = [*parts[: MOST_PARTS - 1], " ".join(parts[MOST_PARTS - 1 :])]
    return tuple(parts) or (text,)
