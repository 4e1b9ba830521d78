"""The systems that a company lets SOPHIA look at."""

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import frozen

from sophia.domain.lookups import Finding, Lookup, LookupCaps, Operation, System
from sophia.domain.tenancy import TenantScope

__all__ = ["Access", "Check", "SecuritySource"]

Check = Callable[[], None]
"""Passes while the work may go on; raises when it is to stop."""


@frozen
class Access:
    """What the credential of a source can do there.

    Attributes:
        reads: as whom, or with which role, the system knows it; empty where it does not tell.
        writes: what it could change, in the system's own words; empty where it can change nothing.
        inherent: of that, what every credential of this system can, so that none could be had that can do less.
    """

    reads: str
    writes: tuple[str, ...] = ()
    inherent: tuple[str, ...] = ()


class SecuritySource(Protocol):
    """One system of one company, read and never changed.

    Whatever is asked goes through the read-only policy (`sophia.domain.readonly`) in the source's own path, before
    anything is sent.
    """

    @property
    def name(self) -> str:
        """What the company calls it."""
        ...

    @property
    def system(self) -> System:
        """What kind of system it is."""
        ...

    @property
    def readers(self) -> frozenset[str]:
        """The reader tokens (see `sophia.domain.tenancy`) of those who may look."""
        ...

    @property
    def caps(self) -> LookupCaps:
        """What one look-up may cost."""
        ...

    @property
    def operations(self) -> Sequence[Operation]:
        """What can be looked up; the same for every source of a system."""
        ...

    def look_up(self, scope: TenantScope, lookup: Lookup, check: Check) -> Finding:
        """What the system has on it, within the caps; what is cut is named.

        The arguments fit the operation's schemas, and the range fits the caps. Where ``check`` raises, the system is
        told to stop as well, where it can be.

        Raises:
            CompanyMismatch: the scope is of another company than the source.
            QueryRefused: the read-only policy does not let it pass; nothing was sent.
            InvalidInput: the arguments name what there is not, or the system calls them wrong.
            Unavailable: it does not answer, or not in time, or refuses the credential.
        """
        ...

    def access(self, scope: TenantScope) -> Access:
        """What the credential can do there, as the system tells it.

        Raises:
            CompanyMismatch: as for ``look_up``.
            Unavailable: it does not answer, or refuses the credential.
        """
        ...
