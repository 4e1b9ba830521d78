"""A terminal shows what it is sent, and obeys some of it: text from outside is shown and nothing else."""

import json
import re
from typing import Any

from rich.console import Console

__all__ = ["Terminal", "one_line", "printable", "safe_json"]

# Control characters (ECMA-48 sequences begin with one) but for tab and line feed, and what turns the direction of text.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text, with what would move a cursor, change a colour or reorder letters shown as U+FFFD."""
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """The text as `printable`, on one line: it cannot pass for another line."""
    return printable(text).translate({0x09: " ", 0x0A: " "})


def safe_json(value: object) -> str:
    """The value as JSON for people and programs, without a character that a terminal obeys."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _UNSAFE.sub(lambda unsafe: f"\\u{ord(unsafe[0]):04x}", text)


class Terminal(Console):
    """A console for text from outside: no markup, and `printable`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(soft_wrap=True, markup=False, highlight=False, **options)

    def say(self, text: str, *, style: str | None = None, end: str = "\n") -> None:
        """Text of any number of lines."""
        self.print(printable(text), style=style, end=end)

    def say_line(self, text: str, *, style: str | None = None) -> None:
        """One line, whatever the text."""
        self.print(one_line(text), style=style)
