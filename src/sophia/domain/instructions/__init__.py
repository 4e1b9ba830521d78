"""What a model is told to be, as data.

``prompt.txt`` is the prompt that SOPHIA's first user wrote, word for word. ``citing.txt`` adds what an answer that can
be checked needs.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

__all__ = ["instructions", "instructions_version"]

_FILES = ("prompt.txt", "citing.txt")


@cache
def instructions() -> str:
    """The instructions of every model that words SOPHIA's answers."""
    return "\n\n".join((Path(__file__).parent / name).read_text(encoding="utf-8").strip() for name in _FILES)


def instructions_version() -> str:
    """Changes with the instructions."""
    return sha256(instructions().encode()).hexdigest()[:8]
