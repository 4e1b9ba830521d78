"""Reading the audit trail, and finding out whether it is as it was written."""

from collections.abc import Iterable, Iterator

from sophia.domain.audit import AuditEntry, Break, Head, breaks
from sophia.domain.tenancy import Permission, TenantScope
from sophia.ports.records import Records

__all__ = ["ReadTrail", "VerifyTrail"]

_PAGE = 1000


class ReadTrail:
    """The company's audit trail, from its beginning."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, after: int = 0) -> Iterator[AuditEntry]:
        """The entries above a sequence, as far as the trail goes.

        Raises:
            PermissionDenied: without the permission ``audit``.
        """
        scope.require(Permission.AUDIT)
        return self._entries(scope, after)

    def _entries(self, scope: TenantScope, after: int) -> Iterator[AuditEntry]:
        page: tuple[AuditEntry, ...] | None = None
        while page is None or len(page) == _PAGE:
            with self._records.read(scope) as tx:
                page = tx.audit.entries(after, _PAGE)
            yield from page
            after += len(page)


class VerifyTrail:
    """Finds where the company's audit trail is not as it was written."""

    def __init__(self, read: ReadTrail) -> None:
        self._read = read

    def __call__(self, scope: TenantScope, heads: Iterable[Head] = ()) -> Iterator[Break]:
        """Every such place; see `sophia.domain.audit.breaks`.

        Raises:
            PermissionDenied: without the permission ``audit``.
        """
        return breaks(scope.company_id, self._read(scope), heads)
