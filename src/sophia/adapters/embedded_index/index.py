"""The knowledge index that needs no server: a folder a company, written by one process at a time, read by all.

A folder holds the words (tantivy), the vectors of one generation, and ``CURRENT``, which names that
generation and is replaced last. After a crash the words may be ahead of ``CURRENT``; applying the
same changes again mends that. A folder that cannot be read is thrown away and filled anew.
"""

import hashlib
import shutil
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from sophia.domain.knowledge import DocumentChange, KnowledgeQuery, SearchHit
from sophia.domain.tenancy import TenantScope
from sophia.logs import get_logger
from sophia.ports.knowledge_index import KnowledgeIndex

if TYPE_CHECKING:
    from sophia.adapters.embedded_index.snapshot import Snapshot

__all__ = ["EmbeddedKnowledgeIndex"]

_FORMAT = 2
"""Counts up when the files or the analysis change: folders of another format are filled anew."""

_log = get_logger(__name__)


class EmbeddedKnowledgeIndex(KnowledgeIndex):
    """Searches by words (BM25) and by meaning (exact cosine), fused.

    Args:
        folder: where the companies' folders are kept.
        embedder_version: vectors of another version are never compared with these.
    """

    def __init__(self, folder: Path, embedder_version: str) -> None:
        variant = hashlib.sha256(f"{_FORMAT}/{embedder_version}".encode()).hexdigest()[:12]
        self._folder = folder / variant
        self._snapshots: dict[str, Snapshot] = {}
        self._loading = threading.Lock()

    def generation(self, scope: TenantScope) -> int:
        """The generation that ``CURRENT`` names."""
        return _current(self._company(scope))

    def apply(self, scope: TenantScope, changes: Iterable[DocumentChange], generation: int) -> bool:
        """Write the next generation, if no other process is writing."""
        folder = self._company(scope)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(folder / "lock", timeout=0):
                self._write(scope, list(changes), generation)
        except Timeout:
            return False
        return True

    def clear(self, scope: TenantScope) -> None:
        """Delete the company's files."""
        folder = self._company(scope)
        if folder.exists():
            with FileLock(folder / "lock"):
                _empty(folder)
        with self._loading:
            self._snapshots.pop(scope.company_id, None)

    def search(self, scope: TenantScope, query: KnowledgeQuery) -> tuple[SearchHit, ...]:
        """Search the newest generation."""
        snapshot = self._snapshot(scope)
        return () if snapshot is None else snapshot.search(scope, query)

    def _company(self, scope: TenantScope) -> Path:
        # An id may hold what a file name may not.
        return self._folder / hashlib.sha256(scope.company_id.encode()).hexdigest()[:32]

    def _snapshot(self, scope: TenantScope) -> "Snapshot | None":
        """The newest generation, loaded when another process has written one."""
        folder = self._company(scope)
        known = self._snapshots.get(scope.company_id)
        current = _current(folder)
        if current == 0:
            return None
        if known is not None and known.generation == current:
            return known
        with self._loading:
            known = self._snapshots.get(scope.company_id)
            if known is None or known.generation != _current(folder):
                known = _load(folder)
                if known is None:
                    self._snapshots.pop(scope.company_id, None)
                else:
                    self._snapshots[scope.company_id] = known
            return known

    def _write(self, scope: TenantScope, changes: list[DocumentChange], generation: int) -> None:
        folder = self._company(scope)
        before = _load(folder)
        if before is None:
            _empty(folder)
            before = _snapshots().create(folder)
        if before.generation >= generation:
            # Another process was told the same and was quicker. Its files may be read just now: they stay.
            return
        before.write_next(folder, changes, generation)
        _publish(folder, generation)
        _forget_others(folder, {before.generation, generation})
        after = _snapshots().open(folder, generation)
        with self._loading:
            self._snapshots[scope.company_id] = after


def _snapshots() -> "type[Snapshot]":
    # What searches takes a tenth of a second to load (numpy), which a process that only starts need not wait for.
    from sophia.adapters.embedded_index.snapshot import Snapshot  # noqa: PLC0415

    return Snapshot


def _current(folder: Path) -> int:
    try:
        return int((folder / "CURRENT").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def _publish(folder: Path, generation: int) -> None:
    draft = folder / "CURRENT.new"
    draft.write_text(str(generation), encoding="ascii")
    draft.replace(folder / "CURRENT")


def _load(folder: Path) -> "Snapshot | None":
    """The generation that stands now; None when there is none, or none that can be read."""
    while generation := _current(folder):
        try:
            return _snapshots().open(folder, generation)
        except (OSError, EOFError, ValueError, KeyError) as error:
            if _current(folder) == generation:
                # Not overtaken by a writer: the files are broken, and derived. They are made anew.
                _log.warning("index.unreadable", folder=folder.name, error=type(error).__name__)
                (folder / "CURRENT").unlink(missing_ok=True)
    return None


def _forget_others(folder: Path, kept: set[int]) -> None:
    names = {f"dense-{generation}{suffix}" for generation in kept for suffix in (".json", ".npy")}
    for file in folder.glob("dense-*"):
        if file.name not in names:
            file.unlink(missing_ok=True)


def _empty(folder: Path) -> None:
    (folder / "CURRENT").unlink(missing_ok=True)
    for file in folder.glob("dense-*"):
        file.unlink(missing_ok=True)
    shutil.rmtree(folder / "lexical", ignore_errors=True)
