"""What the agent says in one turn: told as it comes, and mended where the stream has lost or doubled something."""

import re
from collections.abc import Callable, Generator, Mapping
from typing import Any

from sophia.adapters.azure_agents.markers import Markers
from sophia.adapters.azure_agents.translate import Found, document_in, text_of
from sophia.domain.agents import AgentEvent
from sophia.domain.citing import Citing, find
from sophia.domain.knowledge import Passage
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound
from sophia.ports.records import Records

__all__ = ["Reply"]

_INDEX = re.compile(r":(\d+)†")


class Reply:
    """One reply, in as many messages as the agent makes of it.

    Args:
        contents: asks for what the searches have found once more, with their words, where a stream did not tell them.

    Attributes:
        said: whether it has said anything.
        garbled: whether the stream has told something else than the message holds.
        found: what the agent's searches have found, best first.
    """

    def __init__(
        self, scope: TenantScope, records: Records, citing: Citing, contents: Callable[[], list[list[Found]]]
    ) -> None:
        self.said = False
        self.garbled = False
        self.found: list[list[Found]] = []
        self._scope = scope
        self._records = records
        self._citing = citing
        self._contents = contents
        self._markers = Markers(self._number)
        self._files: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._whole: set[str] = set()
        self._passages: dict[Found, Passage | None] = {}

    def add(self, message_id: str, delta: Mapping[str, Any]) -> Generator[AgentEvent]:
        """The next piece of a message."""
        text, files = text_of(delta)
        self._files |= files
        if text and message_id not in self._whole:
            yield from self._say(message_id, text)

    def complete(self, message: Mapping[str, Any]) -> Generator[AgentEvent]:
        """A message as a whole: what was not told of it yet is said now."""
        message_id = str(message.get("id"))
        self._whole.add(message_id)
        text, files = text_of(message)
        self._files |= files
        told = self._texts.get(message_id, "")
        if text.startswith(told):
            if rest := text[len(told) :]:
                yield from self._say(message_id, rest)
        else:
            self.garbled = True
        yield from self.close()

    def close(self) -> Generator[AgentEvent]:
        """The agent pauses: what waits to be more of a marker is said."""
        yield from self._citing.read(self._markers.close())
        yield from self._citing.close()

    def _say(self, message_id: str, text: str) -> Generator[AgentEvent]:
        if message_id not in self._texts and self.said:
            yield from self._citing.read("\n\n")
        self._texts[message_id] = self._texts.get(message_id, "") + text
        self.said = self.said or bool(text.strip())
        yield from self._citing.read(self._markers.read(text))

    def _number(self, marker: str) -> int | None:
        found = self._found_by(marker)
        if found is not None and not found.text:
            self.found = self._contents()
            found = self._found_by(marker)
        if found is None:
            return None
        if found not in self._passages:
            self._passages[found] = self._passage(found)
        passage = self._passages[found]
        return None if passage is None else self._citing.number(passage)

    def _found_by(self, marker: str) -> Found | None:
        """What a marker stands for: by its place among what was found, as long as the annotation does not object."""
        file_id, place = self._files.get(marker), _INDEX.search(marker)
        for results in reversed(self.found):
            at = int(place[1]) if place else len(results)
            if at < len(results) and file_id in (None, results[at].file_id):
                return results[at]
            if (same := next((one for one in results if one.file_id == file_id), None)) is not None:
                return same
        return None

    def _passage(self, found: Found) -> Passage | None:
        """Where what was found stands in our own text; None where it does not, or not for this user to read."""
        named = document_in(found.file_name)
        if named is None:
            return None
        document_id, version = named
        try:
            with self._records.read(self._scope) as tx:
                document, text = tx.documents.get(document_id), tx.documents.text(document_id, version)
        except NotFound:
            return None
        span = find(found.text, text)
        if span is None:
            return None
        start, end = span
        return Passage(
            chunk_id=f"{document_id}:{start}-{end}",
            document_id=document_id,
            document_version=version,
            source=document.source,
            title=document.title,
            uri=document.uri,
            language=document.language,
            heading=(),
            start=start,
            end=end,
            text=text[start:end],
        )
