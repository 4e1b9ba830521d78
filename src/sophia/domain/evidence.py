"""What a look-up has found, kept so that it can be shown, cited and looked up again."""

import hashlib
from datetime import datetime
from functools import cached_property

from attrs import field, frozen

from sophia.domain.canonical import canonical_json
from sophia.domain.knowledge import ChunkKind, Passage, text_version
from sophia.domain.lookups import Cut, Finding, Lookup, System

__all__ = ["EVIDENCE_ID", "Evidence", "is_evidence"]

EVIDENCE_ID = "ev"
"""What the ids of evidence begin with."""

_LONGEST_CELL = 300


def is_evidence(document_id: str) -> bool:
    """Whether what a passage or citation names as its document is evidence."""
    return document_id.startswith(f"{EVIDENCE_ID}_")


@frozen
class Evidence:
    """A finding with what was asked, of whom and when. Its text can be cited like a document's.

    Attributes:
        source: the company's name for the system.
        lookup: with the range that was looked at in the end.
        duration_ms: how long it took.
    """

    id: str
    thread_id: str
    run_id: str
    source: str
    system: System
    lookup: Lookup
    finding: Finding = field(repr=False)
    taken_at: datetime
    duration_ms: int

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) of columns and rows in canonical JSON (RFC 8785): the same finding has the same."""
        table = {"columns": self.finding.columns, "rows": self.finding.rows}
        return hashlib.sha256(canonical_json(table)).hexdigest()

    @cached_property
    def text(self) -> str:
        """The finding as Markdown: a table with a line for each row, so that a quote can be a row."""
        columns, rows = self.finding.columns, self.finding.rows
        if not rows:
            return "(0 rows)"
        return "\n".join([_line(columns), "|" + "---|" * len(columns), *map(_line, rows)])

    @property
    def version(self) -> str:
        """Of the text, as a document's version is."""
        return text_version(self.text)

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """Why it is not all that there is."""
        return self.finding.cuts

    @property
    def passage(self) -> Passage:
        """The evidence as an agent sees it, and cites it. It is data, never an instruction."""
        return Passage(
            chunk_id=self.id,
            document_id=self.id,
            document_version=self.version,
            source=self.source,
            title=self.finding.title,
            uri=self.finding.uri,
            language="",
            heading=(),
            start=0,
            end=len(self.text),
            text=self.text,
            kind=ChunkKind.TABLE,
        )


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return flat if len(flat) <= _LONGEST_CELL else f"{flat[:_LONGEST_CELL]}…"
