"""Systems to look at, for tests."""

import threading
from collections.abc import Sequence
from typing import Any

from attrs import evolve

from sophia.domain.lookups import Cut, CutKind, Finding, Lookup, LookupCaps, Operation, System
from sophia.domain.readonly.refusing import refused
from sophia.domain.readonly.rules import Rule
from sophia.domain.tenancy import EVERYONE, TenantScope
from sophia.errors import CompanyMismatch, Fault, InvalidInput, Unavailable
from sophia.ports.security_source import Access, Check, SecuritySource

__all__ = ["FailingSecuritySource", "HangingSecuritySource", "MemorySecuritySource"]

_QUERY = {"query": {"type": "string", "minLength": 1, "description": "what is searched"}}
_POLL = 0.01
_CAPS = LookupCaps()
_READER = Access("reader")


class MemorySecuritySource(SecuritySource):
    """A system that holds tables by the query that asks for them, and has no other query.

    Args:
        company_id: whose it is.
        tables: columns and rows, by query.
        refused: queries that are taken for more than reading.

    Attributes:
        asked: the look-ups that reached it, in order.
    """

    def __init__(
        self,
        name: str = "siem",
        system: System = System.SPLUNK,
        company_id: str = "acme",
        tables: dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] | None = None,
        *,
        refused: frozenset[str] = frozenset(),
        readers: frozenset[str] = frozenset({EVERYONE}),
        caps: LookupCaps = _CAPS,
        access: Access = _READER,
    ) -> None:
        self._name = name
        self._system = system
        self._company_id = company_id
        self._tables = tables or {}
        self._refused = refused
        self._readers = readers
        self._caps = caps
        self._access = access
        self.asked: list[Lookup] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def system(self) -> System:
        return self._system

    @property
    def readers(self) -> frozenset[str]:
        return self._readers

    @property
    def caps(self) -> LookupCaps:
        return self._caps

    @property
    def operations(self) -> Sequence[Operation]:
        return (Operation("search", "Rows of a table.", _QUERY, ("query",), ranged=True),)

    def look_up(self, scope: TenantScope, lookup: Lookup, check: Check) -> Finding:
        self._check_scope(scope)
        query = str(lookup.arguments.get("query"))
        if query in self._refused:
            raise refused(Rule.COMMAND, query)
        check()
        self.asked.append(lookup)
        if query not in self._tables:
            raise InvalidInput(Fault("/query", f"there is no table {query!r}"))
        columns, rows = self._tables[query]
        finding = Finding(query, query, columns, rows, len(rows), uri=f"https://{self._name}.example.com")
        if len(rows) > self._caps.rows:
            cut = Cut(CutKind.ROWS, str(self._caps.rows))
            return evolve(finding, rows=rows[: self._caps.rows], cuts=(cut,))
        return finding

    def access(self, scope: TenantScope) -> Access:
        self._check_scope(scope)
        return self._access

    def _check_scope(self, scope: TenantScope) -> None:
        if scope.company_id != self._company_id:
            raise CompanyMismatch


class FailingSecuritySource(MemorySecuritySource):
    """A system that does not answer."""

    def look_up(self, scope: TenantScope, lookup: Lookup, check: Check) -> Finding:  # noqa: ARG002
        self._check_scope(scope)
        check()
        raise Unavailable(self.name, "does not answer")

    def access(self, scope: TenantScope) -> Access:
        self._check_scope(scope)
        raise Unavailable(self.name, "does not answer")


class HangingSecuritySource(MemorySecuritySource):
    """A system that answers when it is let go, and stops when it is told to.

    Attributes:
        reached: is set when it is asked.
        released: lets it answer.
        stopped: is set when it was told to stop.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.reached = threading.Event()
        self.released = threading.Event()
        self.stopped = threading.Event()

    def look_up(self, scope: TenantScope, lookup: Lookup, check: Check) -> Finding:
        self._check_scope(scope)
        self.reached.set()
        while not self.released.wait(_POLL):
            try:
                check()
            except Exception:
                self.stopped.set()
                raise
        return super().look_up(scope, lookup, check)
