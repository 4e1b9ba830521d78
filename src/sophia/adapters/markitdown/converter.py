"""Documents to Markdown: text in this process, everything that needs a parser in a worker with limits."""

import csv
import io
import itertools
import json
import os
import re
import selectors
import subprocess
import sys
import threading
import time
import unicodedata
import weakref
import zipfile
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import IO, Any

import charset_normalizer

from sophia.domain.knowledge import DocumentText, RawDocument
from sophia.domain.markdown import first_heading
from sophia.errors import DocumentRejected
from sophia.ports.documents import DocumentConverter

__all__ = ["KINDS", "MarkItDownConverter"]

CONVERTER_VERSION = 1
"""Raised whenever our own part may give another text for the same bytes."""

KINDS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".rst": "text",
    ".log": "text",
    ".csv": "csv",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
}
"""The extensions that are taken, and what is expected behind each."""

LIBRARIES = (
    "markitdown",
    "mammoth",
    "markdownify",
    "pdfminer.six",
    "pdfplumber",
    "beautifulsoup4",
    "charset-normalizer",
)

MAX_BYTES = 50 * 2**20
MAX_PAGES = 500
MAX_CHARACTERS = 5_000_000
MAX_SECONDS = 60.0
MAX_MEMORY = 2 * 2**30
MAX_UNPACKED = 200 * 2**20
MAX_RATIO = 200
MAX_COLUMNS = 200
DOCUMENTS_PER_WORKER = 500
START_SECONDS = 60.0

_MAGIC = {
    b"PK\x03\x04": "a ZIP archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old or encrypted Office file",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"{\\rtf": "an RTF file",
}
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\b\x1b\0")) + b"\x7f"
_HTML = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*|<\?xml[^>]{0,200}>\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_FRONT_MATTER = re.compile(
    r"\s*---[ \t]*\n(?P<fields>(?:[\w-]+[ \t]*:.*\n|[ \t#-].*\n|[ \t]*\n)+?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_TITLE = re.compile(r"^title[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
# Soft hyphens, zero-width marks, and the tag characters that hide text from people but not from models.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\u00ad\u200b\u2060\ufeff\U000e0000-\U000e007f]")
_NEWLINE = re.compile("\r\n?|[\x0c\x85\u2028\u2029]")


class MarkItDownConverter(DocumentConverter):
    """Converts Markdown, plain text, CSV, HTML, PDF and DOCX.

    HTML, PDF and DOCX are opened in a worker process, started at the first of them, used again for the next ones
    and ended with this one. A document that hangs, crashes or outgrows it is rejected, and the next one gets a new
    worker. Safe to call from several threads (documents wait for one another) and after a fork.

    Args:
        max_bytes: of the document as it came.
        max_pages: of a PDF.
        max_characters: of the text.
        max_seconds: for one document.
        max_memory: bytes of address space of the worker.
    """

    def __init__(
        self,
        *,
        max_bytes: int = MAX_BYTES,
        max_pages: int = MAX_PAGES,
        max_characters: int = MAX_CHARACTERS,
        max_seconds: float = MAX_SECONDS,
        max_memory: int = MAX_MEMORY,
    ) -> None:
        self._max_bytes = max_bytes
        self._max_characters = max_characters
        self._limits: dict[str, Any] = {
            "max_pages": max_pages,
            "max_characters": max_characters,
            "max_seconds": max_seconds,
        }
        self._max_memory = max_memory
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        libraries = "+".join(f"{name}-{metadata.version(name)}" for name in LIBRARIES)
        limits = f"{max_bytes}-{max_pages}-{max_characters}"
        self._version = f"markitdown/{CONVERTER_VERSION}+{libraries}+{limits}"

    @property
    def version(self) -> str:
        """Our counter, the versions of the libraries, and the limits that decide what is taken."""
        return self._version

    def convert(self, document: RawDocument) -> DocumentText:
        """The document as Markdown; titled by front matter, metadata, first heading or file name, in this order."""
        content = document.content
        if len(content) > self._max_bytes:
            raise DocumentRejected(f"it has {len(content):,} bytes, more than the {self._max_bytes:,} that are allowed")
        if not content.strip():
            raise DocumentRejected("it is empty")
        kind = _kind(document.name, content)
        if kind == "docx":
            _check_archive(content)
        if kind in ("html", "pdf", "docx"):
            title, text = self._foreign(kind, content)
        elif kind == "csv":
            title, text = "", _table(_decoded(content), self._max_characters)
        else:
            title, text = "", _decoded(content)
        text = _normal(text)
        if kind == "markdown":
            title, text = _without_front_matter(text)
        text = text.strip("\n")
        if not any(map(str.isalnum, text)):
            raise DocumentRejected("it holds no text")
        if len(text) > self._max_characters:
            raise DocumentRejected(f"its text is longer than the {self._max_characters:,} characters that are allowed")
        title = " ".join(_normal(title).split()) or (first_heading(text) if kind != "csv" else "")
        return DocumentText(title=title[:300] or _name(document.name), text=text)

    def close(self) -> None:
        """Ends the worker; the next document that needs one starts another."""
        with self._lock:
            self._drop()

    def _foreign(self, kind: str, content: bytes) -> tuple[str, str]:
        with self._lock:
            if self._worker is None or not self._worker.is_mine():
                self._worker = _Worker(self._max_memory)
            worker = self._worker
            try:
                answer, body = worker.ask({"kind": kind, **self._limits}, content, self._limits["max_seconds"])
            except TimeoutError as exc:
                self._drop()
                reason = f"converting it takes longer than the {self._limits['max_seconds']:g} seconds that are allowed"
                raise DocumentRejected(reason) from exc
            except (OSError, ValueError, EOFError) as exc:
                self._drop()
                reason = "converting it crashed the converter: it is broken, or too large to convert"
                raise DocumentRejected(reason) from exc
            if "refused" in answer or worker.asked >= DOCUMENTS_PER_WORKER:
                # After trouble, and now and then, a fresh process: what a parser leaked is gone with the old one.
                self._drop()
        if "refused" in answer:
            raise DocumentRejected(str(answer["refused"]))
        return str(answer["title"]), body.decode()

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.stop()
        self._worker = None


class _Worker:
    """The parent's side of one worker process."""

    def __init__(self, max_memory: int) -> None:
        here = str(Path(__file__).resolve().parents[3])
        self.asked = 0
        self._pid = os.getpid()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "sophia.adapters.markitdown.worker", str(max_memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # The worker opens hostile files: it gets no environment that could hold a secret.
            env={"PYTHONPATH": here, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            close_fds=True,
        )
        self.stop = weakref.finalize(self, _stop, self._process, self._pid)

    def is_mine(self) -> bool:
        """Whether it runs and was started by this very process (not by the one that this one was forked from)."""
        return self._pid == os.getpid() and self._process.poll() is None

    def ask(self, head: dict[str, Any], content: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        """What the worker answers.

        Raises:
            TimeoutError: nothing came in time.
            OSError, ValueError, EOFError: the worker died.
        """
        # The first answer waits for the imports, too.
        deadline = time.monotonic() + seconds + (0 if self.asked else START_SECONDS)
        self.asked += 1
        sent = json.dumps({**head, "size": len(content)}).encode() + b"\n" + content
        received = self._exchange(sent, deadline)
        line, _, body = received.partition(b"\n")
        return json.loads(line), body

    def _exchange(self, sent: bytes, deadline: float) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        left = memoryview(sent)
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            os.set_blocking(stdin.fileno(), False)
            selector.register(stdin, selectors.EVENT_WRITE)
            selector.register(stdout, selectors.EVENT_READ)
            while not _is_complete(received):
                ready = selector.select(deadline - time.monotonic())
                if time.monotonic() >= deadline:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fileobj is stdout:
                        received += _read(stdout)
                    else:
                        left = left[os.write(stdin.fileno(), left[:65536]) :]
                        if not left:
                            selector.unregister(stdin)
        return bytes(received)


def _read(stream: IO[bytes]) -> bytes:
    part = os.read(stream.fileno(), 1 << 20)
    if not part:
        raise EOFError
    return part


def _is_complete(received: bytearray) -> bool:
    line = received.find(b"\n", 0, 65536)
    return line >= 0 and len(received) - line - 1 >= json.loads(received[:line])["size"]


def _stop(process: "subprocess.Popen[bytes]", pid: int) -> None:
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
    # After a fork the process belongs to the parent.
    if pid != os.getpid():
        process.returncode = 0
        return
    process.kill()
    process.wait()


# --- what is it?


def _kind(name: str, content: bytes) -> str:
    extension = PurePosixPath(name).suffix.lower()
    expected = KINDS.get(extension)
    if extension and expected is None:
        raise DocumentRejected(f"files of the kind {extension!r} are not taken; known are {', '.join(sorted(KINDS))}")
    actual = _sniffed(content)
    if expected is None:
        if actual in ("pdf", "docx", "html", "text"):
            return actual
        raise DocumentRejected(f"it has no extension and is {actual}")
    if actual == expected or (actual == "text" and expected in ("markdown", "csv", "html")):
        return expected
    if actual == "html" and expected in ("markdown", "text"):
        # A Markdown file may well begin with a tag, a log with a page.
        return expected
    if actual == "an old or encrypted Office file" and expected == "docx":
        raise DocumentRejected("it is encrypted, or an old .doc renamed; store it as .docx without a password")
    what = {"pdf": "a PDF", "docx": "a Word document", "html": "an HTML page", "text": "plain text"}.get(actual, actual)
    raise DocumentRejected(f"named {extension} but its content is {what}")


def _sniffed(content: bytes) -> str:
    head = content[:65536]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if any(head.startswith(bom) for bom, _ in _BOMS):
        return "text"
    if head.startswith(b"PK\x03\x04") and b"word/" in content:
        return "docx"
    for magic, what in _MAGIC.items():
        if head.startswith(magic) and not (magic == b"MZ" and b"\0" not in head):
            return what
    strange = sum(map(head.count, (bytes([byte]) for byte in _CONTROL)))
    if strange > len(head) / 100 or head.count(b"\0") > len(head) / 20:
        return "binary data"
    return "html" if _HTML.match(head) else "text"


def _check_archive(content: bytes) -> None:
    """Refuses a DOCX that would unpack to too much; the directory is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if "word/document.xml" not in archive.namelist():
                raise DocumentRejected("named .docx but there is no Word document in it")
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as exc:
        raise DocumentRejected("it is broken or no valid DOCX (its archive cannot be read)") from exc
    if any(entry.flag_bits & 1 for entry in entries):
        raise DocumentRejected("it is encrypted and needs a password; store a copy without one")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or (unpacked > 2**20 and unpacked > MAX_RATIO * len(content)):
        raise DocumentRejected(f"it would unpack to {unpacked:,} bytes, which is more than a document needs")


# --- text


def _decoded(content: bytes) -> str:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return (
                content[len(bom) :].decode("utf-8", "replace")
                if encoding == "utf-8"
                else content.decode(encoding, "replace")
            )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(content[: 2**18], cp_isolation=["cp1252", "latin_1"]).best()
    for encoding in (best.encoding if best else "cp1252", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _normal(text: str) -> str:
    """One kind of newline, nothing invisible, characters composed (NFC)."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _NEWLINE.sub("\n", text)))


def _without_front_matter(text: str) -> tuple[str, str]:
    if text.startswith("+++\n") and (end := text.find("\n+++\n", 0, 65536)) > 0:
        fields, body = text[4:end].replace("=", ":"), text[end + 5 :]
    elif (found := _FRONT_MATTER.match(text[:65536])) and re.match(r"[\w-]+[ \t]*:", found["fields"].lstrip()):
        fields, body = found["fields"], text[found.end() :]
    else:
        return "", text
    title = _TITLE.search(fields)
    return (title.group(1).strip("\"'") if title else ""), body


def _table(text: str, max_characters: int) -> str:
    sample = text.lstrip()[:8192]
    delimiter = max(",;\t|", key=sample.split("\n", 1)[0].count)
    lines: list[str] = []
    size = 0
    try:
        for cells in csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter):
            if not any(map(str.strip, cells)):
                continue
            if len(cells) > MAX_COLUMNS:
                raise DocumentRejected(f"it has more than the {MAX_COLUMNS} columns that are allowed")
            clean = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
            lines.append(f"| {' | '.join(clean)} |")
            size += len(lines[-1])
            if len(lines) == 1:
                lines.append(f"|{'|'.join(itertools.repeat(' --- ', len(cells)))}|")
            if size > max_characters:
                raise DocumentRejected(f"its text is longer than the {max_characters:,} characters that are allowed")
    except csv.Error as exc:
        raise DocumentRejected(f"it is no valid CSV ({exc})") from exc
    return "\n".join(lines)


def _name(name: str) -> str:
    stem = PurePosixPath(name).stem
    return unicodedata.normalize("NFC", re.sub(r"[-_\s]+", " ", stem).strip() or name)
