"""What the checks of all three systems do alike."""

import re
import unicodedata

from sophia.domain.readonly.rules import Rule
from sophia.domain.readonly.wording import explain
from sophia.errors import QueryRefused

__all__ = ["check_characters", "check_size", "refused"]

_SHOWN = 60
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Letters and marks that are printable by their category and yet are not seen (Default_Ignorable_Code_Point).
_IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_STRUCTURE = frozenset("\"'`|[]\\<>&")


def refused(rule: Rule, what: str = "") -> QueryRefused:
    """The error for a query that breaks a rule; ``what`` is shortened to one line of what can be seen."""
    what = _shown(what)
    return QueryRefused(rule, what, explain(rule, what, "en"))


def check_size(text: str, limit: int) -> None:
    """Refuse a text that is empty or longer than a limit, in characters."""
    if not text or text.isspace():
        raise refused(Rule.EMPTY)
    if len(text) > limit:
        raise refused(Rule.SIZE, f"{limit:,}")


def check_characters(text: str) -> None:
    """Refuse characters that are not seen, and those that a compatibility form turns into quotes, pipes or brackets.

    Tab, line feed and carriage return pass. Sources: Unicode Standard Annex 15 (NFKC), Technical Standard 39.
    """
    if found := _CONTROL.search(text):
        raise refused(Rule.CHARACTER, _code(found[0]))
    if text.isascii():
        return
    if found := _IGNORED.search(text):
        raise refused(Rule.CHARACTER, _code(found[0]))
    for character in sorted(set(text)):
        if character.isascii():
            continue
        if not character.isprintable() or _STRUCTURE & set(unicodedata.normalize("NFKC", character)):
            raise refused(Rule.CHARACTER, _code(character))


def _shown(text: str) -> str:
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
