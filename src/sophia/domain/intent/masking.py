"""Blanks out what the user only quotes, so that only the user's own words are read.

Quoted are: quotation marks, code, quoted lines, logs, forwarded mail, signatures, the text that is to be
translated or rewritten, and what stands under a question about a mail, a message or an alert.
"""

import re

from sophia.domain.intent import patterns
from sophia.domain.intent.verbs import fold

__all__ = ["QUOTE", "mask"]

QUOTE = "\ue000"
"""Stands where quoted text was."""
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)"
    r"|`[^`\n]+`"
    r"|«[^»]*(?:»|\Z)"
    r"|“[^”]*(?:”|\Z)"
    r"|„[^“”]*[“”]"
    r'|(?<!\w)"(?=\S)[^"]*(?<=\S)"(?!\w)'
    r'|"[^"\n]*(?:"|$)'
    r"|(?<![\w])‘[^’\n]+’(?!\w)"
    r"|(?<![\w'])'(?=\S)(?:[^'\n]|(?<=\w)'(?=\w))+'(?!\w)"
    r"|^[ \t]*(?:>|\|)[^\n]*"
    r"|^[ \t]*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^\n]*"
    r"|^[ \t]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) +\d{1,2} \d\d:\d\d:\d\d[^\n]*"
    r"|^[ \t]*<\d+>[^\n]*"
    r"|\b\w+=(?:\"[^\"\n]*\"|\S+)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
# What there is some of in each of these, and in few messages.
_MAY_QUOTE = re.compile("[`«“„\"‘'|<>=]|\\d:\\d")
_FORWARDED = re.compile(
    r"^[ \t]*(?:-{3,} ?(?:original|forwarded|mensaje|reenviado|message)[^\n]*|on [^\n]{5,80} wrote:|"
    r"el [^\n]{5,80} escribi[oó]:|(?:de|from): [^\n]+\n[ \t]*(?:enviado|sent|para|to|fecha|date): ).*\Z",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
# What is asked about a text, and the text under it or after a colon: whoever wrote it, it is not the user who asks.
_PASTED = re.compile(patterns.ABOUT_PASTED)
_MAY_PASTE = re.compile(r"[?:]\s")  # there is one in each of these
_SIGNED = re.compile(patterns.SIGNATURES, re.IGNORECASE)
_COMMAND_FOR_TEXT = re.compile(
    r"\b(?:traduc|translat|corri|correg|proofread|check my|rephrase|reword|rewrite|reescrib|reformul|resum|"
    "summar|shorten|acort|condense|simplif|convert|conviert|put|turn|pon|pasa|polish|pul[ei]|boil|suavi|"
    "spelling|is this|suena|sound|say|orden|mejora|make this|dale|haz)"
)


def _blank(text: str, start: int, end: int, *, keep: bool = True) -> str:
    filling = (QUOTE if keep else " ") + " " * (end - start - 1)
    return text[:start] + filling + text[end:]


def mask(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The message with everything that the user only quotes blanked out, at the same length.

    Returns:
        The masked text, and where the quotes were.
    """
    spans: list[tuple[int, int]] = []
    masked = text
    forwarded = _FORWARDED.search(masked)
    if forwarded and forwarded.end() > forwarded.start():
        spans.append(forwarded.span())
        masked = _blank(masked, *forwarded.span())
    signed = _SIGNED.search(masked)
    if signed and signed.start() > 0:
        masked = _blank(masked, signed.start(), len(masked), keep=False)
    for found in reversed(list(_QUOTED.finditer(masked)) if _MAY_QUOTE.search(masked) else []):
        if found.end() > found.start():
            spans.append(found.span())
            masked = _blank(masked, *found.span())
    for found in re.finditer(r":", masked):
        head = masked[: found.start()]
        head = re.split(r"[.?!\n]\s", head)[-1]
        rest = masked[found.end() :]
        begin = len(rest) - len(rest.lstrip())
        end = re.search(r"\n\s*\n", rest[begin:])
        length = begin + end.start() if end else len(rest)
        if not rest[:1].isspace() or not rest[:length].strip(" \n" + QUOTE):
            continue
        if re.search(patterns.ABOUT_TEXT, fold(head)) and _COMMAND_FOR_TEXT.search(fold(head)):
            spans.append((found.end() + 1, found.end() + length))
            masked = _blank(masked, found.end() + 1, found.end() + length)
            break
    pasted = _PASTED.search(fold(masked)) if _MAY_PASTE.search(masked) else None
    if pasted and masked[pasted.end() :].strip(" \n" + QUOTE):
        spans.append((pasted.end(), len(masked)))
        masked = _blank(masked, pasted.end(), len(masked))
    return masked, tuple(sorted(spans))
