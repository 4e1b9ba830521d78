"""What SOPHIA tells while it is tested, and the search of it for what it has to keep to itself.

What is told is every log record, what programs write on stderr, every error body and every `/metrics`. What is kept is
every secret that was made, every message that was sent, every canary, and whatever has the shape of a key. Tests tell
and plant by the functions of this module; the plugin `overhear` collects and, when all tests have run, searches.
"""

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ahocorasick_rs import BytesAhoCorasick
from attrs import frozen

__all__ = ["Leak", "Overheard", "find_leaks", "overheard", "telling"]

_SHORTEST = 12  # characters; what is shorter stands in other words by chance
_LEAST = 5  # different ones; "xxxx…" is a filler of many tests

SHAPES = {
    "an access key": r"sph_[0-9A-Za-z]{4,}_[0-9A-Za-z]{20,}",
    "a secret of a webhook": r"whsec_[0-9A-Za-z+/=]{20,}",
    "a token": r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a canary": r"canary-?[0-9a-f]{16}|zq-[a-z]+-[a-z]+-[0-9]",
}
"""What is secret whoever has made it, in another process as well."""


@frozen
class Leak:
    """Something that was kept, where it was told."""

    what: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.what} in {self.where}: {self.text[:300]!r}"


class Overheard:
    """What was told and what was planted, by this process and those that it has started, in files of one folder."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._known: set[int] = set()

    def collect(self, folder: Path) -> None:
        """Begin; what came before is lost."""
        self._folder = folder

    def tell(self, where: str, text: str) -> None:
        """What anybody may read, but for what is searched for; the same words are kept once."""
        self._keep("told", where, text)

    def plant(self, what: str, text: str) -> None:
        """Something that has to be told nowhere."""
        if len(text.strip()) >= _SHORTEST and len(set(text)) >= _LEAST:
            self._keep("planted", what, text.strip())

    def _keep(self, kind: str, name: str, text: str) -> None:
        mark = hash((kind, text))
        if self._folder is None or mark in self._known:
            return
        self._known.add(mark)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        line = json.dumps([f"{name} ({test})" if test else name, text])
        with (self._folder / f"{kind}-{os.getpid()}.jsonl").open("a", encoding="ascii") as file:
            file.write(line + "\n")

    @staticmethod
    def leaks(folder: Path) -> list[Leak]:
        """What was told by any process of the run that was planted by any."""
        return list(find_leaks(_read(folder, "told"), {text: what for what, text in _read(folder, "planted")}))

    @staticmethod
    def counts(folder: Path) -> tuple[int, int]:
        """How many texts were told, and how many planted."""
        told, planted = (len({text for _, text in _read(folder, kind)}) for kind in ("told", "planted"))
        return told, planted


overheard = Overheard()


class LogListener(logging.Handler):
    """Hears every record as it would be printed, its traceback included."""

    def emit(self, record: logging.LogRecord) -> None:
        overheard.tell("the log", self.format(record))


def find_leaks(told: Iterable[tuple[str, str]], planted: Mapping[str, str]) -> Iterator[Leak]:
    """What was planted and stands in what was told: as it is, or as JSON has it.

    Args:
        told: where, and the text.
        planted: the text, and what it is.
    """
    spelt = {form: what for kept, what in planted.items() for form in (kept, json.dumps(kept)[1:-1], repr(kept)[1:-1])}
    whats = list(spelt.values())
    # Bytes: no text of this engine's has a lone surrogate, those of fuzzers have.
    forms = BytesAhoCorasick([_bytes(form) for form in spelt])
    shapes = {what: re.compile(shape) for what, shape in SHAPES.items()}
    for where, text in told:
        for number in {number for number, *_ in forms.find_matches_as_indexes(_bytes(text), overlapping=True)}:
            yield Leak(whats[number], where, text)
        for what, shape in shapes.items():
            if shape.search(text):
                yield Leak(what, where, text)


def hear_responses(kind: type) -> None:
    """Overhear what a client of HTTP is answered by SOPHIA, whose processes may be others: errors, and numbers."""
    read = kind.read

    def reading(self: Any) -> bytes:
        body: bytes = read(self)
        if "x-request-id" in self.headers and (self.is_error or self.url.path == "/metrics"):
            path = self.url.path
            told = f"the answer {self.status_code} of {self.request.method} {path} over HTTP"
            overheard.tell(told, body.decode(errors="replace"))
        return body

    kind.read = reading  # type: ignore[attr-defined]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def telling(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """A WSGI app whose error bodies and numbers are overheard; a stream and what has gone well are the caller's."""

    def called(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path, status = environ["PATH_INFO"], ""

        def start(line: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal status
            status = line
            return start_response(line, headers, *more)

        answer = app(environ, start)
        if status[:1] not in ("4", "5") and path != "/metrics":
            return answer
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        overheard.tell(f"the answer {status} of {environ['REQUEST_METHOD']} {path}", body.decode(errors="replace"))
        return [body]

    return called


def _read(folder: Path, kind: str) -> list[tuple[str, str]]:
    files = sorted(folder.glob(f"{kind}-*.jsonl"))
    return [tuple(json.loads(line)) for file in files for line in file.read_text("ascii").splitlines()]
