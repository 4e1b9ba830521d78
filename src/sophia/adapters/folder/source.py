"""The files below a folder as documents."""

import errno
import hashlib
import os
import stat
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from io import BufferedReader
from pathlib import Path

from sophia.domain.knowledge import DocumentFailure, DocumentListing, RawDocument
from sophia.domain.tenancy import EVERYONE
from sophia.errors import DocumentRejected, NotFound, Unavailable
from sophia.ports.documents import DocumentSource

__all__ = ["INCLUDE", "FolderSource"]

INCLUDE = ("*.md", "*.markdown", "*.txt", "*.rst", "*.log", "*.csv", "*.html", "*.htm", "*.pdf", "*.docx")
MAX_BYTES = 50 * 2**20
MAX_DOCUMENTS = 10_000
CEILING = 200 * 2**20
"""Whatever is configured, a file larger than this is never read."""

SETTLED_NS = 2 * 10**9
"""A file changed less than this ago may change again without its time stamp telling; it is not remembered."""

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Stamp = tuple[int, int, int, int]


class FolderSource(DocumentSource):
    """The files below one folder, by their path in it.

    Hidden files and folders (a name that begins with a dot) and files that no pattern includes are passed over.
    Links are followed as long as they stay inside the folder. A file may change at any time, also between check and
    use: what is read is opened first and checked then. Safe to call from several threads.

    Args:
        name: of the source within its company.
        root: the folder.
        include: patterns of file names (``fnmatch``, case ignored).
        readers: who may find the documents.
        max_bytes: of one file.
        max_documents: of the source; those beyond, in the order of their paths, are failures.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        *,
        include: Sequence[str] = INCLUDE,
        readers: frozenset[str] = frozenset({EVERYONE}),
        max_bytes: int = MAX_BYTES,
        max_documents: int = MAX_DOCUMENTS,
    ) -> None:
        self._name = name
        self._root = Path(root)
        self._include = tuple(pattern.lower() for pattern in include)
        self._readers = readers
        self._max_bytes = min(max_bytes, CEILING)
        self._max_documents = max_documents
        self._digests: dict[str, tuple[Stamp, str]] = {}

    @property
    def name(self) -> str:
        """As configured."""
        return self._name

    @property
    def type(self) -> str:
        """Always ``folder``."""
        return "folder"

    def list(self) -> Iterable[DocumentListing | DocumentFailure]:
        """The files in the order of their paths; the fingerprint is the SHA-256 of the content."""
        root = self._resolved_root()
        found = sorted(self._walk(root), key=lambda entry: entry[0])
        listed: set[str] = set()
        for external_id, place in found:
            if isinstance(place, str):
                yield self._failure(external_id, place)
            elif external_id in listed:
                yield self._failure(external_id, "another file has the same name, spelt with other code points")
            elif len(listed) >= self._max_documents:
                yield self._failure(
                    external_id, f"the source has more than the {self._max_documents} documents allowed"
                )
            else:
                listed.add(external_id)
                try:
                    yield self._listing(root, external_id, place)
                except FileNotFoundError:
                    continue
                except DocumentRejected as exc:
                    yield self._failure(external_id, exc.reason)
                except OSError as exc:
                    yield self._failure(external_id, _reason(exc))

    def fetch(self, external_id: str) -> RawDocument:
        """The content of a file, read after everything has been checked once more."""
        root = self._resolved_root()
        parts = external_id.split("/")
        if not _is_name(external_id) or any(map(_is_hidden, parts)) or not self._is_included(parts[-1]):
            raise NotFound("document", external_id)
        try:
            path = _located(root, parts)
            with self._opened(root, path) as file:
                content = file.read(self._max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise NotFound("document", external_id) from exc
        except PermissionError as exc:
            raise DocumentRejected(_reason(exc)) from exc
        except OSError as exc:
            if exc.errno == errno.ENAMETOOLONG:
                raise NotFound("document", external_id) from exc
            raise Unavailable(f"folder {self._name!r}", _reason(exc)) from exc
        if len(content) > self._max_bytes:
            raise DocumentRejected(self._too_large(len(content)))
        return RawDocument(external_id=external_id, name=parts[-1], content=content, uri=path.as_uri())

    def _resolved_root(self) -> Path:
        try:
            root = self._root.resolve(strict=True)
            with os.scandir(root):
                return root
        except (OSError, RuntimeError) as exc:
            raise Unavailable(f"folder {self._name!r}", f"{self._root} cannot be read as a folder") from exc

    def _walk(self, root: Path) -> Iterator[tuple[str, Path | str]]:
        """Each file with its path, each thing that cannot be taken with the reason."""
        visited: set[tuple[int, int]] = set()
        # Links come last: what has a place of its own is listed there, and once.
        links: list[tuple[str, Path]] = []
        folders: list[tuple[str, Path]] = [("", root)]
        while folders or links:
            prefix, folder = folders.pop() if folders else links.pop()
            try:
                about = folder.stat()
                if (about.st_dev, about.st_ino) in visited:
                    continue
                visited.add((about.st_dev, about.st_ino))
                with os.scandir(folder) as entries:
                    children = sorted(entries, key=lambda entry: entry.name, reverse=True)
            except OSError as exc:
                yield prefix, _reason(exc)
                continue
            for entry in children:
                if _is_hidden(entry.name):
                    continue
                external_id = prefix + unicodedata.normalize("NFC", entry.name)
                path = folder / entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append((f"{external_id}/", path))
                elif not _is_text(external_id):
                    yield external_id.encode(errors="replace").decode(), "its name is no valid UTF-8"
                elif entry.is_symlink() and path.is_dir():
                    reason = _link_reason(root, path)
                    if reason:
                        yield external_id, reason
                    else:
                        links.append((f"{external_id}/", path))
                elif self._is_included(entry.name):
                    yield external_id, path

    def _listing(self, root: Path, external_id: str, path: Path) -> DocumentListing:
        with self._opened(root, path) as file:
            about = os.fstat(file.fileno())
            stamp = (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)
            known = self._digests.get(external_id)
            if known and known[0] == stamp:
                digest = known[1]
            else:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                if time.time_ns() - max(about.st_mtime_ns, about.st_ctime_ns) > SETTLED_NS:
                    self._digests[external_id] = (stamp, digest)
        return DocumentListing(external_id, f"sha256:{digest}", about.st_size, self._readers)

    def _opened(self, root: Path, path: Path) -> BufferedReader:
        """A file that is a file, inside the root and small enough, all of it checked after it was opened.

        Raises:
            DocumentRejected: it is not.
            OSError: it cannot be opened.
        """
        if reason := _link_reason(root, path):
            raise DocumentRejected(reason)
        real = path.resolve(strict=True)
        # A FIFO would block, and a device may do anything when it is opened.
        if not stat.S_ISREG(real.lstat().st_mode):
            raise DocumentRejected("it is no regular file")
        file = os.fdopen(os.open(real, _OPEN), "rb")
        if reason := self._reason_against(file, path, root):
            file.close()
            raise DocumentRejected(reason)
        return file

    def _reason_against(self, file: BufferedReader, path: Path, root: Path) -> str:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            return "it is no regular file"
        # A folder on the way may have been exchanged for a link: what is open must be what now lies in the root.
        try:
            again = path.resolve(strict=True)
            is_same = again.is_relative_to(root) and os.path.samestat(about, again.lstat())
        except OSError:
            is_same = False
        if not is_same:
            return "it was exchanged while it was being read"
        return self._too_large(about.st_size) if about.st_size > self._max_bytes else ""

    def _too_large(self, size: int) -> str:
        return f"it has {size:,} bytes, more than the {self._max_bytes:,} that are allowed"

    def _is_included(self, name: str) -> bool:
        return any(fnmatchcase(name.lower(), pattern) for pattern in self._include)

    def _failure(self, external_id: str, reason: str) -> DocumentFailure:
        return DocumentFailure(self._name, external_id, reason)


def _is_hidden(part: str) -> bool:
    return not part or part.startswith(".")


def _is_name(external_id: str) -> bool:
    return "\0" not in external_id and _is_text(external_id) and unicodedata.is_normalized("NFC", external_id)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _link_reason(root: Path, path: Path) -> str:
    """Why a path must not be followed; empty where it may."""
    try:
        real = path.resolve(strict=True)
        above = path.parent.resolve(strict=True)
    # Python 3.11 and 3.12 report a loop as RuntimeError, later ones as OSError.
    except (OSError, RuntimeError) as exc:
        if path.is_symlink():
            return "it is a link to nothing, or to itself"
        if isinstance(exc, OSError):
            raise
        return "it is behind a link to itself"
    if not real.is_relative_to(root):
        return "it is a link that leads out of the folder"
    if above.is_relative_to(real):
        return "it is a link that leads back to a folder it is in"
    return ""


def _located(root: Path, parts: Sequence[str]) -> Path:
    """The path of an external id; on disk its name may be spelt with other code points (NFD)."""
    path = root
    for part in parts:
        below = path / part
        if not below.exists() and not below.is_symlink():
            names = (entry.name for entry in path.iterdir() if unicodedata.normalize("NFC", entry.name) == part)
            below = path / next(names, part)
        path = below
    return path


def _reason(exc: OSError) -> str:
    if isinstance(exc, PermissionError):
        return "it may not be read: permission denied"
    return f"it cannot be read: {exc.strerror or type(exc).__name__}"
