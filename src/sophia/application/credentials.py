"""The credentials of the systems that SOPHIA works with: keeping them, and having them at hand."""

import time
from collections.abc import Callable
from threading import Lock

from sophia.domain.audit import AuditEvent
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import PLATFORM, TenantScope
from sophia.errors import CredentialMissing, NotFound, SophiaError
from sophia.ports.records import Records
from sophia.ports.vault import Credential, CredentialVault, PlatformVault

__all__ = ["CachedCredential", "Credentials", "SetCredential"]

_REST = 1.0
"""Seconds after a look into the vault that brought nothing new, before the next: whoever is refused on purpose, or asks
for what is not there, keeps no vault busy."""


class CachedCredential(Credential):
    """Keeps a secret for a while; it is looked up once at a time, however many want it.

    Args:
        read: looks into the vault.
        fresh_for: seconds that a secret is kept; 0: it is looked up at each use.
        clock: seconds that never go back.
    """

    def __init__(
        self, read: Callable[[], Secret], fresh_for: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._fresh_for = fresh_for
        self._rest = min(_REST, fresh_for)
        self._clock = clock
        self._lock = Lock()
        self._kept: Secret | None = None
        self._failure: SophiaError | None = None
        self._read_at = self._renewed_at = float("-inf")

    def __call__(self) -> Secret:
        """See `Credential`."""
        with self._lock:
            return self._current()

    def renewed(self, refused: Secret) -> Secret | None:
        """See `Credential`."""
        with self._lock:
            if self._kept in (None, refused) and self._clock() - self._renewed_at >= self._rest:
                self._renewed_at = self._clock()
                self._look()
            return None if self._kept == refused else self._kept

    def _current(self) -> Secret:
        age = self._clock() - self._read_at
        if self._failure is not None and age < self._rest:
            raise self._failure
        if self._kept is None or age >= self._fresh_for:
            return self._look()
        return self._kept

    def _look(self) -> Secret:
        self._kept, self._failure = None, None
        try:
            self._kept = self._read()
        except SophiaError as error:
            self._failure = error
            raise
        finally:
            self._read_at = self._clock()
        return self._kept


class Credentials:
    """The one way from a vault to whoever shows a secret to another system; each secret is kept for a while, once.

    Args:
        platform, companies: the vaults.
        fresh_for: seconds that a secret is kept.
    """

    def __init__(self, platform: PlatformVault, companies: CredentialVault, fresh_for: float = 0.0) -> None:
        self._platform = platform
        self._companies = companies
        self._fresh_for = fresh_for
        self._lock = Lock()
        self._made: dict[tuple[str, str, str], Credential] = {}

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

    def _once(self, place: tuple[str, str, str], read: Callable[[], Secret]) -> Credential:
        with self._lock:
            if place not in self._made:
                self._made[place] = CachedCredential(read, self._fresh_for)
            return self._made[place]


def _missing(whose: str, category: str, name: str, option: str) -> CredentialMissing:
    place = f"{category}/{name}"
    return CredentialMissing(f"{whose} has no {place}; `sophia credentials set {place} {option}` puts one there")


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
