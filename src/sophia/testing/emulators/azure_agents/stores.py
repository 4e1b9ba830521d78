"""Files and vector stores of the emulated service."""

import io
import re
from collections.abc import Iterable, Mapping
from email.message import Message

from attrs import define, field, frozen
from werkzeug.formparser import FormDataParser

from sophia.testing.emulators.azure_agents.objects import Json, Refused, made, metadata_of, missing, wants

__all__ = ["Found", "Limits", "Stores"]

_WORD = re.compile(r"\w+")
_DAY = 86_400
_CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}


@frozen
class Limits:
    """What the service takes, at the most (https://learn.microsoft.com/azure/ai-services/agents/quotas-limits)."""

    file_bytes: int = 512 * 2**20
    files_of_store: int = 10_000
    files_of_batch: int = 500
    tools: int = 128
    messages: int = 100_000


@frozen
class Found:
    """A stretch of a file that a search has found."""

    file_id: str
    file_name: str
    score: float
    text: str
    attributes: Json = field(hash=False)


@define
class _Batch:
    data: Json
    file_ids: list[str]


@define
class Stores:
    """What was uploaded, and what is searched.

    Attributes:
        reads: a file of a store stays ``in_progress`` for so many looks at it, its batch or its store.
        broken: names of files that a store cannot take in, with the code of their failure.
    """

    limits: Limits
    reads: int = 0
    broken: Mapping[str, str] = field(factory=dict)
    files: dict[str, Json] = field(factory=dict)
    contents: dict[str, bytes] = field(factory=dict)
    stores: dict[str, Json] = field(factory=dict)
    entries: dict[str, dict[str, Json]] = field(factory=dict)
    batches: dict[str, _Batch] = field(factory=dict)
    _left: dict[tuple[str, str], int] = field(factory=dict)
    _names: dict[str, str] = field(factory=dict)

    def upload(self, body: bytes, content_type: str, now: int) -> Json:
        """Take a file in (multipart)."""
        message = Message()
        message["Content-Type"] = content_type
        options = {name: str(value) for name, value in message.get_params([])[1:]}
        if message.get_content_type() != "multipart/form-data" or "boundary" not in options:
            raise Refused(415, "Expected multipart/form-data.")
        parser = FormDataParser(max_form_memory_size=None)
        _, form, files = parser.parse(io.BytesIO(body), "multipart/form-data", len(body), options)
        if "file" not in files or not form.get("purpose"):
            raise Refused(400, "Missing required parameter: 'file' and 'purpose'.", "file")
        content, name = files["file"].read(), files["file"].filename or "unnamed"
        files["file"].close()
        if len(content) > self.limits.file_bytes:
            raise Refused(413, f"The file is larger than {self.limits.file_bytes} bytes.", "file")
        return self.add_file(name, content, now, form["purpose"])

    def add_file(self, name: str, content: bytes, now: int, purpose: str = "assistants") -> Json:
        """A file."""
        file = made("file", now, bytes=len(content), filename=name, purpose=purpose)
        self.files[file["id"]] = file | {"status": "processed", "status_details": None}
        self.contents[file["id"]] = content
        self._names[file["id"]] = name
        return self.files[file["id"]]

    def file(self, file_id: str) -> Json:
        """One file."""
        if file_id not in self.files:
            raise missing("file", file_id)
        return self.files[file_id]

    def forget_file(self, file_id: str) -> Json:
        """Delete a file; what stores hold of it stays."""
        self.file(file_id)
        del self.files[file_id]
        return {"id": file_id, "object": "file.deleted", "deleted": True}

    def create(self, body: Json, now: int, id: str = "") -> Json:
        """A new vector store; of this id, if one is given."""
        metadata = metadata_of(body)
        counts = dict.fromkeys(("in_progress", "completed", "failed", "cancelled", "total"), 0)
        store = made("vector_store", now, name=body.get("name"), status="completed", usage_bytes=0, file_counts=counts)
        store |= {"metadata": metadata, "expires_after": body.get("expires_after"), "expires_at": None}
        store |= {"last_active_at": now, "id": id or store["id"]}
        self.stores[store["id"]] = store
        self.entries[store["id"]] = {}
        self._add(store, body.get("file_ids") or (), now)
        return self._told(store, now)

    def store(self, store_id: str, now: int, *, look: bool = True) -> Json:
        """One vector store, as it stands."""
        if store_id not in self.stores:
            raise missing("vector store", store_id)
        if look:
            self._look(store_id, self.entries[store_id])
        return self._told(self.stores[store_id], now)

    def modify(self, store_id: str, body: Json, now: int) -> Json:
        """Change a vector store's name, metadata or expiry."""
        store = self.store(store_id, now)
        for key in ("name", "expires_after"):
            if key in body:
                store[key] = body[key]
        if "metadata" in body:
            store["metadata"] = metadata_of(body)
        return self._told(store, now)

    def forget(self, store_id: str, now: int) -> Json:
        """Delete a vector store; its files stay."""
        self.store(store_id, now)
        del self.stores[store_id], self.entries[store_id]
        return {"id": store_id, "object": "vector_store.deleted", "deleted": True}

    def attach(self, store_id: str, body: Json, now: int) -> Json:
        """Add a file to a store."""
        file_id = str(wants(body, "file_id")["file_id"])
        store = self._open(store_id, now)
        self._add(store, (file_id,), now, body.get("attributes") or {})
        return self.entries[store_id][file_id]

    def entry(self, store_id: str, file_id: str, now: int) -> Json:
        """What a store holds of a file."""
        self.store(store_id, now, look=False)
        entries = self.entries[store_id]
        if file_id not in entries:
            raise missing("file", file_id)
        self._look(store_id, (file_id,))
        return entries[file_id]

    def detach(self, store_id: str, file_id: str, now: int) -> Json:
        """Take a file out of a store; the file stays."""
        self.entry(store_id, file_id, now)
        del self.entries[store_id][file_id]
        return {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}

    def start_batch(self, store_id: str, body: Json, now: int) -> Json:
        """Add many files to a store."""
        file_ids = list(wants(body, "file_ids")["file_ids"])
        if len(file_ids) > self.limits.files_of_batch:
            most = self.limits.files_of_batch
            raise Refused(400, f"Invalid 'file_ids': at most {most} files in a batch.", "file_ids")
        store = self._open(store_id, now)
        self._add(store, file_ids, now)
        data = made("vector_store.files_batch", now, vector_store_id=store_id)
        self.batches[data["id"]] = _Batch(data, file_ids)
        return self._counted(self.batches[data["id"]])

    def batch(self, store_id: str, batch_id: str, *, look: bool = True) -> Json:
        """How a batch stands."""
        batch = self.batches.get(batch_id)
        if batch is None or batch.data["vector_store_id"] != store_id:
            raise missing("file batch", batch_id)
        if look:
            self._look(store_id, batch.file_ids)
        return self._counted(batch)

    def cancel_batch(self, store_id: str, batch_id: str) -> Json:
        """Stop a batch: what is not done yet is cancelled."""
        self.batch(store_id, batch_id, look=False)
        batch = self.batches[batch_id]
        for file_id in batch.file_ids:
            entry = self.entries[store_id].get(file_id)
            if entry is not None and entry["status"] == "in_progress":
                entry["status"] = "cancelled"
        return self._counted(batch)

    def files_of_batch(self, store_id: str, batch_id: str) -> list[Json]:
        """What a store holds of a batch's files."""
        self.batch(store_id, batch_id, look=False)
        entries = self.entries[store_id]
        return [entries[file_id] for file_id in self.batches[batch_id].file_ids if file_id in entries]

    def search(self, store_ids: Iterable[str], query: str, limit: int, now: int) -> list[Found] | None:
        """The stretches of files that share most words with a query; None where a store has expired or is gone."""
        wanted = {word.casefold() for word in _WORD.findall(query)}
        found = list[Found]()
        for store_id in store_ids:
            if store_id not in self.stores or self.store(store_id, now)["status"] == "expired":
                return None
            self.stores[store_id]["last_active_at"] = now
            for entry in self.entries[store_id].values():
                if entry["status"] == "completed":
                    found += _hits(self._text(entry["id"]), wanted, entry, self._names[entry["id"]])
        return sorted(found, key=lambda one: -one.score)[:limit]

    def _text(self, file_id: str) -> str:
        return self.contents[file_id].decode("utf-8", "replace")

    def _open(self, store_id: str, now: int) -> Json:
        store = self.store(store_id, now, look=False)
        if store["status"] == "expired":
            raise Refused(400, f"Vector store {store_id} is expired.")
        return store

    def _add(self, store: Json, file_ids: Iterable[str], now: int, attributes: Json | None = None) -> None:
        entries = self.entries[store["id"]]
        for file_id in file_ids:
            self.file(file_id)
            if file_id not in entries and len(entries) >= self.limits.files_of_store:
                raise Refused(400, f"A vector store takes {self.limits.files_of_store} files at the most.", "file_ids")
            entries[file_id] = {
                "id": file_id,
                "object": "vector_store.file",
                "usage_bytes": 0,
                "created_at": now,
                "vector_store_id": store["id"],
                "status": "in_progress",
                "last_error": None,
                "chunking_strategy": _CHUNKING,
                **({"attributes": attributes} if attributes else {}),
            }
            self._left[store["id"], file_id] = self.reads
            self._settle(store["id"], file_id)

    def _look(self, store_id: str, file_ids: Iterable[str]) -> None:
        """Somebody has looked at these files: they are so much nearer to their end."""
        for file_id in file_ids:
            if self.entries[store_id].get(file_id, {}).get("status") == "in_progress":
                self._left[store_id, file_id] -= 1
                self._settle(store_id, file_id)

    def _settle(self, store_id: str, file_id: str) -> None:
        if self._left[store_id, file_id] > 0:
            return
        entry = self.entries[store_id][file_id]
        code = self.broken.get(self._names[file_id])
        if code is not None:
            told = {"code": code, "message": "The file could not be parsed because it is not supported."}
            entry |= {"status": "failed", "last_error": told}
        else:
            entry |= {"status": "completed", "usage_bytes": len(self.contents[file_id])}

    def _told(self, store: Json, now: int) -> Json:
        entries = self.entries[store["id"]].values()
        store["file_counts"] = _counts(entry["status"] for entry in entries)
        store["usage_bytes"] = sum(entry["usage_bytes"] for entry in entries)
        if store["expires_after"]:
            store["expires_at"] = store["last_active_at"] + store["expires_after"]["days"] * _DAY
        expired = store["expires_at"] is not None and now >= store["expires_at"]
        store["status"] = (
            "expired" if expired else "in_progress" if store["file_counts"]["in_progress"] else "completed"
        )
        return store

    def _counted(self, batch: _Batch) -> Json:
        entries = self.entries[batch.data["vector_store_id"]]
        statuses = [entries[file_id]["status"] for file_id in batch.file_ids if file_id in entries]
        counts = _counts(statuses)
        if counts["in_progress"]:
            status = "in_progress"
        elif counts["cancelled"]:
            status = "cancelled"
        else:
            status = "failed" if statuses and counts["failed"] == len(statuses) else "completed"
        batch.data |= {"status": status, "file_counts": counts}
        return batch.data


def _counts(statuses: Iterable[str]) -> Json:
    told = list(statuses)
    counts = {status: told.count(status) for status in ("in_progress", "completed", "failed", "cancelled")}
    return {**counts, "total": len(told)}


def _hits(text: str, wanted: set[str], entry: Json, name: str) -> list[Found]:
    found = []
    for paragraph in filter(str.strip, re.split(r"\n\s*\n", text)):
        shared = wanted & {word.casefold() for word in _WORD.findall(paragraph)}
        if shared:
            score = len(shared) / len(wanted)
            found.append(Found(entry["id"], name, score, paragraph.strip(), entry.get("attributes", {})))
    return found
