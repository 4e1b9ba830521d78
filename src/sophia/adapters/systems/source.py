"""What every source of look-ups over HTTP does the same way."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import field, frozen

from sophia.adapters.systems.client import Budget, SystemClient
from sophia.domain.lookups import Finding, Lookup, LookupCaps
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import EVERYONE, TenantScope
from sophia.errors import CompanyMismatch
from sophia.ports.security_source import Access, Check, SecuritySource
from sophia.ports.vault import Credential

__all__ = ["Place", "SystemSource"]

_CAPS = LookupCaps()


@frozen
class Place:
    """Where a company's system is, and who may look at it.

    Attributes:
        name: what the company calls it.
        credential: what SOPHIA shows there.
        readers: the reader tokens of those who may look.
        caps: what one look-up may cost.
        ca_file: certificates (PEM) that are trusted for it instead of the machine's.
    """

    company_id: str
    name: str
    url: str
    credential: Credential = field(repr=False)
    readers: frozenset[str] = frozenset({EVERYONE})
    caps: LookupCaps = _CAPS
    ca_file: Path | None = None

    def client(self, shown: Callable[[Secret], Mapping[str, str]]) -> SystemClient:
        """A client for it, that shows its credential in these headers."""
        return SystemClient(self.name, self.url, self.credential, shown, self.caps, self.ca_file)


class SystemSource(SecuritySource):
    """A source that is somewhere; what it can be asked is up to the system."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def name(self) -> str:
        """See `SecuritySource`."""
        return self._place.name

    @property
    def readers(self) -> frozenset[str]:
        """See `SecuritySource`."""
        return self._place.readers

    @property
    def caps(self) -> LookupCaps:
        """See `SecuritySource`."""
        return self._place.caps

    def look_up(self, scope: TenantScope, lookup: Lookup, check: Check) -> Finding:
        """See `SecuritySource`."""
        return self._find(lookup, self._budget(scope, check))

    def access(self, scope: TenantScope) -> Access:
        """See `SecuritySource`."""
        return self._access(self._budget(scope, _go_on))

    def _budget(self, scope: TenantScope, check: Check) -> Budget:
        if scope.company_id != self._place.company_id:
            raise CompanyMismatch
        return Budget(self.name, self.caps.seconds, check)

    @abstractmethod
    def _find(self, lookup: Lookup, budget: Budget) -> Finding:
        """What the system has on it."""

    @abstractmethod
    def _access(self, budget: Budget) -> Access:
        """What the credential can do."""


def _go_on() -> None:
    """Nobody waits for it in particular."""
