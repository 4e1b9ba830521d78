"""Files and vector stores at the service: one request each, and nothing made twice.

A store's metadata say whose it is (``sophia_company``) and, where it stands in for one that has expired, for which
(``sophia_replaces``). A store that is kept for one company is never touched for another.

Source: https://learn.microsoft.com/rest/api/aifoundry/aiagents/vector-stores
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from attrs import field, frozen
from azure.core.credentials import TokenCredential

from sophia.adapters.azure_agents.client import Agents, Json
from sophia.adapters.azure_agents.endpoint import Endpoint
from sophia.adapters.azure_agents.errors import AGENTS, Gone
from sophia.adapters.azure_agents.translate import document_in
from sophia.adapters.http.transport import Check
from sophia.adapters.model.figures import ServiceFigures, Uncounted
from sophia.errors import Unavailable

__all__ = ["Batch", "File", "Store", "VectorStores"]

_COMPANY, _REPLACES = "sophia_company", "sophia_replaces"
_PAGE = 100
_UNCOUNTED = Uncounted()
_EXPIRED = "expired"


@frozen
class Store:
    """A vector store of one company.

    Attributes:
        status: ``completed``, ``in_progress`` or ``expired``.
        metadata: all of it, whoever has put it there.
        expires_at: when it expires if it is not used before, in unix seconds; None: never.
    """

    id: str
    status: str
    metadata: dict[str, str] = field(hash=False)
    expires_at: int | None = None

    @property
    def company_id(self) -> str | None:
        """For whom SOPHIA keeps it; None as long as it keeps it for nobody."""
        return self.metadata.get(_COMPANY)


@frozen
class File:
    """A file of the project, or what a store holds of one.

    Attributes:
        name: empty where the file is gone and the store holds it all the same.
        status: in the store: ``in_progress``, ``completed``, ``failed`` or ``cancelled``; empty: it is in none.
        code, reason: why it has failed.
    """

    id: str
    name: str
    status: str = ""
    code: str = ""
    reason: str = ""


@frozen
class Batch:
    """Files that a store takes in together.

    Attributes:
        id: None where the answer was lost that told it.
    """

    id: str | None
    file_ids: tuple[str, ...]


class VectorStores(Agents):
    """`Agents`, and the files and vector stores of the same endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        credential: TokenCredential,
        concurrent: int,
        backoff: float = 0.5,
        figures: ServiceFigures = _UNCOUNTED,
    ) -> None:
        super().__init__(endpoint, credential, concurrent, backoff, figures)
        self._names: dict[str, str] = {}

    def in_use(self, company_id: str, store_id: str, check: Check) -> Store | None:
        """The company's vector store: this one, or what stands in for it since it has expired; None: neither.

        Raises:
            Unavailable: it is kept for another company, or the service does not answer.
        """
        try:
            store = _store(
                self._asked("get_vector_store", check, lambda: self._sdk.vector_stores.get(store_id).as_dict())
            )
        except Gone:
            store = None
        if store is not None and store.company_id not in (None, company_id):
            told = f"the vector store {store_id!r} is kept for another company than {company_id!r}: see vector_store_id"
            raise Unavailable(AGENTS, told)
        if store is not None and store.status != _EXPIRED:
            return store
        return self._with({_COMPANY: company_id, _REPLACES: store_id}, check)

    def provide(self, company_id: str, store_id: str | None, check: Check) -> Store:
        """The company's vector store that is in use, marked as its own; where there is none, a new one without an end.

        Args:
            company_id: whose it is to be.
            store_id: as the directory has it; None: the directory names none yet.
            check: passes while the work may go on.

        Raises:
            Unavailable: it is kept for another company, or the service does not answer.
        """
        metadata = {_COMPANY: company_id} | ({_REPLACES: store_id} if store_id else {})

        def look() -> Store | None:
            return self._with(metadata, check)

        def create() -> Store:
            body = {"name": f"sophia-{company_id}", "metadata": metadata}
            made: Any = self._sdk.vector_stores.create(body=body)
            return _store(made.as_dict())

        found = self.in_use(company_id, store_id, check) if store_id else look()
        if found is None:
            return self._made("create_vector_store", check, create, look)
        if found.company_id is None:  # somebody else has made it for this company
            body = {"metadata": {**found.metadata, _COMPANY: company_id}}
            told: Any = self._asked(
                "modify_vector_store", check, lambda: self._sdk.vector_stores.modify(found.id, body=body)
            )
            return _store(told.as_dict())
        return found

    def files_of(self, store_id: str, wanted: AbstractSet[str] | None, check: Check) -> tuple[list[File], list[File]]:
        """What a store holds, and SOPHIA's files of the project that it does not hold.

        The latter are told only where a name is wanted that the store does not hold, or where it holds what is not
        known yet: the service lists a project's files all at once. Where ``wanted`` is None they are told in any case.
        """
        entries = self._entries(store_id, check)
        ids = {str(entry["id"]) for entry in entries}
        beside: list[File] = []
        known = ids <= self._names.keys()
        if wanted is None or not (known and wanted <= {self._names[id_] for id_ in ids}):
            listed: Any = self._asked("list_files", check, lambda: self._sdk.files.list(purpose="assistants").as_dict())
            names = {str(file["id"]): str(file.get("filename") or "") for file in listed.get("data") or ()}
            self._names = {id_: name for id_, name in names.items() if document_in(name)} | {
                id_: names.get(id_, "") for id_ in ids
            }
            beside = [File(id_, name) for id_, name in self._names.items() if id_ not in ids]
        return [_entry(entry, self._names[str(entry["id"])]) for entry in entries], beside

    def upload(self, name: str, content: bytes, check: Check) -> str:
        """Upload a file; its id. One of this name that was uploaded before, and seemed to fail, is the same file."""

        def create() -> str:
            return str(self._sdk.files.upload(file=(name, content), purpose="assistants").id)

        def find() -> str | None:
            listed = self._sdk.files.list(purpose="assistants").data
            return next((file.id for file in listed if file.filename == name), None)

        file_id = self._made("upload_file", check, create, lambda: self._asked("list_files", check, find))
        self._names[file_id] = name
        return file_id

    def attach(self, store_id: str, file_ids: Sequence[str], check: Check) -> Batch:
        """Begin to take files into a store; as many as a batch may hold."""

        def create() -> Batch:
            batch: Any = self._sdk.vector_store_file_batches.create(store_id, body={"file_ids": list(file_ids)})
            return Batch(str(batch.id), tuple(file_ids))

        def look() -> Batch | None:
            held = {str(entry["id"]) for entry in self._entries(store_id, check)}
            return Batch(None, tuple(file_ids)) if held.issuperset(file_ids) else None

        return self._made("create_file_batch", check, create, look)

    def under_way(self, store_id: str, batch: Batch, check: Check) -> int:
        """How many files of a batch are not in the store yet."""
        if batch.id is None:
            return sum(entry["status"] == "in_progress" for entry in self._of(store_id, batch, check))
        told = self._asked(
            "get_file_batch",
            check,
            lambda: self._sdk.vector_store_file_batches.get(store_id, batch.id or "").as_dict(),
        )
        return int((told.get("file_counts") or {}).get("in_progress") or 0)

    def outcome(self, store_id: str, batch: Batch, check: Check) -> list[File]:
        """How the files of a batch stand."""
        return [_entry(entry, self._names.get(str(entry["id"]), "")) for entry in self._of(store_id, batch, check)]

    def remove(self, store_id: str, file_id: str, check: Check) -> None:
        """Erase a file, and what a store holds of it; what is gone already is erased.

        The file goes first: as long as the store holds something of it, it is seen that there is more to do.
        """
        for operation, erase in (
            ("delete_file", lambda: self._sdk.files.delete(file_id)),
            ("delete_vector_store_file", lambda: self._sdk.vector_store_files.delete(store_id, file_id)),
        ):
            try:
                self._asked(operation, check, erase)
            except Gone:
                continue
        self._names.pop(file_id, None)

    def _of(self, store_id: str, batch: Batch, check: Check) -> list[Json]:
        if batch.id is None:
            return [entry for entry in self._entries(store_id, check) if entry["id"] in batch.file_ids]

        def ask() -> list[Json]:
            found = self._sdk.vector_store_file_batches.list_files(store_id, batch.id or "", limit=_PAGE, order="asc")
            return [entry.as_dict() for entry in found]

        return self._asked("list_batch_files", check, ask)

    def _entries(self, store_id: str, check: Check) -> list[Json]:
        def ask() -> list[Json]:
            found = self._sdk.vector_store_files.list(store_id, limit=_PAGE, order="asc")
            return [entry.as_dict() for entry in found]

        return self._asked("list_vector_store_files", check, ask)

    def _with(self, metadata: dict[str, str], check: Check) -> Store | None:
        """The newest store with exactly these marks of SOPHIA's that has not expired."""

        def ask() -> Store | None:
            return next((store for store in self._all() if _is_marked(store, metadata)), None)

        return self._asked("list_vector_stores", check, ask)

    def _all(self) -> Iterator[Store]:
        for store in self._sdk.vector_stores.list(limit=_PAGE, order="desc"):
            yield _store(store.as_dict())


def _is_marked(store: Store, metadata: dict[str, str]) -> bool:
    marks = {key: value for key, value in store.metadata.items() if key in (_COMPANY, _REPLACES)}
    return marks == metadata and store.status != _EXPIRED


def _store(told: Json) -> Store:
    return Store(str(told["id"]), str(told.get("status")), dict(told.get("metadata") or {}), told.get("expires_at"))


def _entry(told: Json, name: str) -> File:
    error = told.get("last_error") or {}
    return File(
        str(told["id"]), name, str(told.get("status")), str(error.get("code") or ""), str(error.get("message") or "")
    )
