"""The credentials of the systems that SOPHIA works with: keeping them, and having them at hand."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock

from attrs import frozen

from sophia.domain.audit import AuditEvent
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import PLATFORM, TenantScope
from sophia.errors import CredentialMissing, CredentialRefused, NotFound, SophiaError, Unavailable
from sophia.logs import get_logger
from sophia.ports.records import Records
from sophia.ports.vault import Credential, CredentialVault, PlatformVault

__all__ = ["CachedCredential", "Credentials", "RecordOutages", "SetCredential"]

_REST = 1.0
"""Seconds after a look into the vault that brought nothing new, before the next: whoever is refused on purpose, or asks
for what is not there, keeps no vault busy."""

_OUTAGE_REST = 5.0
"""The same while the last secret serves: a vault that is silent costs whoever looks its whole patience."""

_LONGEST_REST = 60.0
"""However long a vault asks to be left alone."""

_log = get_logger(__name__)


@frozen
class _Seen:
    """What the looks into a vault have brought: the secret that it gave last, and what it says instead by now."""

    secret: Secret | None = None
    read_at: float = float("-inf")
    failure: SophiaError | None = None
    looked_at: float = float("-inf")

    @property
    def is_outage(self) -> bool:
        """Whether the vault says nothing. That there is no such secret, or that it is not given away, is an answer."""
        return isinstance(self.failure, Unavailable) and not isinstance(
            self.failure, CredentialMissing | CredentialRefused
        )


class CachedCredential(Credential):
    """Keeps a secret for a while; it is looked up once at a time, however many want it.

    While the vault does not answer, the secret that it gave last serves; who looks whether it answers again is the only
    one who waits for it.

    Args:
        read: looks into the vault.
        fresh_for: seconds that a secret is kept; 0: it is looked up at each use.
        clock: seconds that never go back.
        outage_for: seconds since it was read for which a secret serves while the vault does not answer.
        told: is told when a secret begins to serve so (why, and how many seconds ago it was read), and when the vault
            answers again (None).
    """

    def __init__(
        self,
        read: Callable[[], Secret],
        fresh_for: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        *,
        outage_for: float = 0.0,
        told: Callable[[SophiaError | None, float], None] = lambda _error, _age: None,
    ) -> None:
        self._read = read
        self._fresh_for = fresh_for
        self._outage_for = outage_for
        self._rest = min(_REST, fresh_for)
        self._clock = clock
        self._tell = told
        self._lock = Lock()
        self._seen = _Seen()
        self._renewed_at = float("-inf")
        self._told = False

    def __call__(self) -> Secret:
        """See `Credential`."""
        with self._alone() as alone:
            if alone and self._is_due():
                self._look()
            return self._given()

    def renewed(self, refused: Secret) -> Secret | None:
        """See `Credential`."""
        with self._alone() as alone:
            if alone and self._may_have_news(refused):
                self._renewed_at = self._clock()
                self._look()
            given = self._given()
        return None if given == refused else given

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether one has it to oneself, which others wait for unless the last secret serves them."""
        alone = self._lock.acquire(blocking=not self._serves(self._seen))
        try:
            yield alone
        finally:
            if alone:
                self._lock.release()

    def _is_due(self) -> bool:
        seen, now = self._seen, self._clock()
        if seen.failure is None:
            return seen.secret is None or now - seen.read_at >= self._fresh_for
        asked = min(getattr(seen.failure, "retry_after", None) or 0.0, _LONGEST_REST)
        rest = min(_OUTAGE_REST, self._fresh_for) if self._serves(seen) else self._rest
        return now - seen.looked_at >= max(asked, rest)

    def _may_have_news(self, refused: Secret) -> bool:
        seen = self._seen
        if seen.secret not in (None, refused) or (seen.failure is not None and not self._is_due()):
            return False
        return self._clock() - self._renewed_at >= self._rest

    def _look(self) -> None:
        before, begun = self._seen, self._clock()
        try:
            self._seen = _Seen(self._read(), begun, None, begun)
        except SophiaError as error:
            failed = _Seen(before.secret, before.read_at, error, self._clock())
            self._seen = failed if failed.is_outage else _Seen(failure=error, looked_at=failed.looked_at)
        if not self._told and self._serves(self._seen):
            self._told = True
            self._tell(self._seen.failure, self._clock() - self._seen.read_at)
        elif self._told and not self._seen.is_outage:
            self._told = False
            self._tell(None, 0.0)

    def _serves(self, seen: _Seen) -> bool:
        """Whether a secret serves though the vault does not answer."""
        return seen.is_outage and seen.secret is not None and self._clock() - seen.read_at < self._outage_for

    def _given(self) -> Secret:
        seen = self._seen
        if seen.secret is not None and (seen.failure is None or self._serves(seen)):
            return seen.secret
        raise seen.failure or Unavailable("vault", "was not looked into yet")


class Credentials:
    """The one way from a vault to whoever shows a secret to another system; each secret is kept for a while, once.

    Args:
        platform, companies: the vaults.
        fresh_for: seconds that a secret is kept.
        outage_for: seconds since it was read for which it serves while its vault does not answer; that is logged, and
            recorded (`RecordOutages`).
    """

    def __init__(
        self, platform: PlatformVault, companies: CredentialVault, fresh_for: float = 0.0, outage_for: float = 0.0
    ) -> None:
        self._platform = platform
        self._companies = companies
        self._fresh_for = fresh_for
        self._outage_for = outage_for
        self._lock = Lock()
        self._made: dict[tuple[str, str, str], Credential] = {}
        self._outages: defaultdict[str, list[AuditEvent]] = defaultdict(list)

    def of_platform(self, category: str, name: str) -> Credential:
        """A secret of the platform's; it need not be there yet."""

        def read() -> Secret:
            try:
                return self._platform.secret(category, name)
            except NotFound as error:
                raise _missing("the platform", category, name, "--platform") from error

        return self._once((PLATFORM, category, name), read)

    def of_company(self, scope: TenantScope, category: str, name: str) -> Credential:
        """A secret of the scope's company; it need not be there yet."""

        def read() -> Secret:
            try:
                return self._companies.secret(scope, category, name)
            except NotFound as error:
                whose = scope.company_id
                raise _missing(f"the company {whose!r}", category, name, f"--company {whose}") from error

        return self._once((scope.company_id, category, name), read)

    def outages(self, company_id: str) -> tuple[AuditEvent, ...]:
        """What is still to be recorded of secrets of a company's, or of the platform's, that served in an outage."""
        with self._lock:
            return tuple(self._outages[company_id])

    def recorded(self, company_id: str, count: int) -> None:
        """The first so many of these are recorded."""
        with self._lock:
            del self._outages[company_id][:count]

    def _once(self, place: tuple[str, str, str], read: Callable[[], Secret]) -> Credential:
        with self._lock:
            if place not in self._made:
                told = partial(self._hear, place)
                self._made[place] = CachedCredential(read, self._fresh_for, outage_for=self._outage_for, told=told)
            return self._made[place]

    def _hear(self, place: tuple[str, str, str], error: SophiaError | None, age: float) -> None:
        company_id, category, name = place
        subject = f"{category}/{name}"
        if error is None:
            _log.info("vault.recovered", tenant=company_id, credential=subject)
            return
        _log.warning("vault.failing", tenant=company_id, credential=subject, error=str(error), age=round(age))
        served = AuditEvent("credential.served_stale", subject, {"age": round(age), "most": round(self._outage_for)})
        with self._lock:
            self._outages[company_id].append(served)


def _missing(whose: str, category: str, name: str, option: str) -> CredentialMissing:
    place = f"{category}/{name}"
    return CredentialMissing(f"{whose} has no {place}; `sophia credentials set {place} {option}` puts one there")


class RecordOutages:
    """Writes to the trail that a secret serves though its vault does not answer: once for each, and each outage."""

    def __init__(self, credentials: Credentials, records: Records) -> None:
        self._credentials = credentials
        self._records = records

    def __call__(self, scope: TenantScope) -> int:
        """Record what there is of a company or the platform; how many entries.

        Args:
            scope: of SOPHIA's own work.

        Raises:
            Unavailable: the records do not answer; nothing is lost.
        """
        if due := self._credentials.outages(scope.company_id):
            with self._records.write(scope) as tx:
                for event in due:
                    tx.audit.append(event)
            self._credentials.recorded(scope.company_id, len(due))
        return len(due)


class SetCredential:
    """Puts a secret into the company's vault."""

    def __init__(self, vault: CredentialVault, records: Records) -> None:
        self._vault = vault
        self._records = records

    def __call__(self, scope: TenantScope, category: str, name: str, secret: Secret) -> None:
        """Keep it, in place of what was there; that it was changed is recorded, not what it is.

        Raises:
            InvalidInput: the category, the name or the secret is none.
            Unavailable: the vault or the records do not answer; nothing has changed, or it shows in the vault alone.
        """
        self._vault.put(scope, category, name, secret)
        with self._records.write(scope) as tx:
            tx.audit.append(AuditEvent("credential.changed", f"{category}/{name}"))
