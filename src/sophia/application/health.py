"""Whether everything is there that an answer needs."""

from collections.abc import Callable

from sophia.application.identity import SystemIdentity
from sophia.domain.tenancy import TenantScope
from sophia.errors import SophiaError
from sophia.ports.embedder import Embedder
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records

__all__ = ["CheckHealth"]


class CheckHealth:
    """Tries each thing that SOPHIA depends on."""

    def __init__(self, records: Records, index: KnowledgeIndex, embedder: Embedder, system: SystemIdentity) -> None:
        self._records = records
        self._index = index
        self._embedder = embedder
        self._system = system

    def __call__(self) -> dict[str, str | None]:
        """Each dependency with what is wrong with it, None for nothing."""
        scopes = list(self._system.scopes("health"))
        return {
            "database": _problem(lambda: [self._read(scope) for scope in scopes]),
            "index": _problem(lambda: [self._index.generation(scope) for scope in scopes]),
            "embedder": _problem(lambda: self._embedder.embed_query("ready?")),
        }

    def _read(self, scope: TenantScope) -> int:
        with self._records.read(scope) as tx:
            return tx.documents.generation()


def _problem(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except SophiaError as error:
        return str(error)
    return None
