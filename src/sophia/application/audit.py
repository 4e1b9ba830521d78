"""Reading the audit trail, and finding out whether it is as it was written."""

from collections.abc import Iterable, Iterator

from attrs import evolve

from sophia.domain.audit import AuditEntry, Break, Head, breaks
from sophia.domain.checkpoints import Checkpoint
from sophia.domain.tenancy import Permission, TenantScope
from sophia.ports.records import Records
from sophia.ports.signer import Signer
from sophia.ports.system import Clock

__all__ = ["MakeCheckpoint", "ReadTrail", "VerifyTrail"]

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

    def __init__(self, read: ReadTrail, signer: Signer) -> None:
        self._read = read
        self._signer = signer

    def __call__(
        self,
        scope: TenantScope,
        heads: Iterable[Head] = (),
        checkpoints: Iterable[Checkpoint] = (),
        public_key: str | None = None,
    ) -> Iterator[Break]:
        """Every such place; see `sophia.domain.audit.breaks`. A checkpoint that is not signed is one, and not believed.

        Args:
            scope: whose trail.
            heads: what was noted of it elsewhere, and is believed.
            checkpoints: of this trail and others.
            public_key: what they are checked with, from where it was kept; None: this platform's own.

        Raises:
            PermissionDenied: without the permission ``audit``.
            InvalidInput: the public key is none.
            NotFound: there are checkpoints, but no key to check them with.
        """
        entries, believed = self._read(scope), [*heads]
        for checkpoint in checkpoints:
            public_key = public_key or self._signer.public_key()
            if self._signer.is_signed(checkpoint.signed, checkpoint.signature, public_key):
                believed.append(checkpoint.head)
            else:
                whose = checkpoint.head.company_id
                yield Break(checkpoint.head.sequence, f"of {whose} is in a checkpoint that is not signed with this key")
        yield from breaks(scope.company_id, entries, believed)


class MakeCheckpoint:
    """Signs how far a trail is."""

    def __init__(self, records: Records, signer: Signer, clock: Clock) -> None:
        self._records = records
        self._signer = signer
        self._clock = clock

    def __call__(self, scope: TenantScope) -> Checkpoint | None:
        """The checkpoint of one trail; None where nothing is recorded yet.

        Raises:
            PermissionDenied: without the permission ``audit``.
            Unavailable: the records do not answer, or the key cannot be had.
        """
        scope.require(Permission.AUDIT)
        with self._records.read(scope) as tx:
            head = tx.audit.head()
        if head is None:
            return None
        checkpoint = Checkpoint(head, self._clock.now())
        return evolve(checkpoint, signature=self._signer.sign(checkpoint.signed))
