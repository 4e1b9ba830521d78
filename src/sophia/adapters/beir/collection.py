"""A BEIR collection: its documents as a source, its queries and its judgements.

Format: https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sophia.domain.knowledge import DocumentFailure, DocumentListing, DocumentText, RawDocument
from sophia.errors import DocumentRejected, Fault, InvalidInput, NotFound
from sophia.ports.documents import DocumentConverter, DocumentSource

__all__ = ["BeirConverter", "BeirSource", "read_json_lines", "read_qrels"]


class BeirSource(DocumentSource):
    """The documents of a ``corpus.jsonl`` (``_id``, ``title``, ``text``)."""

    def __init__(self, path: Path) -> None:
        self._documents = {str(line["_id"]): line for line in read_json_lines(path, "_id", "text")}

    @property
    def name(self) -> str:
        """Always the same."""
        return "corpus"

    @property
    def type(self) -> str:
        """A BEIR collection."""
        return "beir"

    def list(self) -> Iterable[DocumentListing | DocumentFailure]:
        """All documents."""
        for id_, line in self._documents.items():
            content = _content(line)
            yield DocumentListing(id_, hashlib.sha256(content).hexdigest(), len(content))

    def fetch(self, external_id: str) -> RawDocument:
        """One document, as the JSON of its line."""
        if external_id not in self._documents:
            raise NotFound("document", external_id)
        return RawDocument(external_id, external_id, _content(self._documents[external_id]), external_id)


class BeirConverter(DocumentConverter):
    """Takes title and text as they stand."""

    @property
    def version(self) -> str:
        """There is but one."""
        return "beir"

    def convert(self, document: RawDocument) -> DocumentText:
        """The text of a line."""
        line = json.loads(document.content)
        if not line["text"].strip():
            raise DocumentRejected("it has no text")
        return DocumentText(line.get("title") or "", line["text"])


def read_json_lines(path: Path, *required: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file.

    Raises:
        InvalidInput: a line is no JSON object or lacks a required key; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(Fault("", f"cannot read {path}: {error}")) from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise InvalidInput(Fault("", f"{path}, line {number}: {error}")) from error
        missing = [key for key in required if not isinstance(value, dict) or key not in value]
        if missing:
            raise InvalidInput(Fault("", f"{path}, line {number}: expected an object with {', '.join(required)}"))
        yield value


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Judgements by query and document, from tab-separated ``query-id corpus-id score`` with or without header.

    Raises:
        InvalidInput: a line has not these three columns; names the line.
    """
    judgements: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        columns = line.split("\t")
        if not line.strip() or (number == 1 and columns[-1].strip().lower() == "score"):
            continue
        try:
            query, document, score = columns
            judgements.setdefault(query, {})[document] = int(score)
        except ValueError as error:
            raise InvalidInput(Fault("", f"{path}, line {number}: expected query-id, corpus-id, score")) from error
    return judgements


def _content(line: dict[str, Any]) -> bytes:
    return json.dumps({"title": line.get("title") or "", "text": line["text"]}, ensure_ascii=False).encode()
