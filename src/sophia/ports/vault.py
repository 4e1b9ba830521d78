"""Where secrets are kept: each company's in a vault of its own, the platform's in another; and how they are used."""

from typing import Protocol

from sophia.domain.secrets import Secret
from sophia.domain.tenancy import TenantScope

__all__ = ["Credential", "CredentialVault", "PlatformVault"]


class PlatformVault(Protocol):
    """The secrets of whoever runs SOPHIA. A category and a name are one to 60 characters of a-z, 0-9 and hyphens."""

    def secret(self, category: str, name: str) -> Secret:
        """A secret as it is now; a change shows within the vault's cache time.

        Raises:
            NotFound: there is none of this name.
            CredentialRefused: the vault answers, and does not give it away; somebody has to see to it.
            Unavailable: the vault does not answer, or cannot be opened.
        """
        ...

    def put(self, category: str, name: str, secret: Secret) -> None:
        """Keep a secret, in place of what was there.

        Raises:
            InvalidInput: the category or the name is none.
            Unavailable: as for ``secret``.
        """
        ...

    def add(self, category: str, name: str, secret: Secret) -> Secret:
        """Keep a secret where there is none yet; the one that is kept, the same for all who do so at once.

        Raises:
            InvalidInput: the category or the name is none.
            Unavailable: as for ``secret``.
        """
        ...

    def names(self) -> tuple[tuple[str, str], ...]:
        """Category and name of every secret, in order.

        Raises:
            Unavailable: as for ``secret``.
        """
        ...


class CredentialVault(Protocol):
    """The secrets of the scope's company; no other's ever stands in for one. Otherwise as `PlatformVault`."""

    def secret(self, scope: TenantScope, category: str, name: str) -> Secret:
        """See `PlatformVault`."""
        ...

    def put(self, scope: TenantScope, category: str, name: str, secret: Secret) -> None:
        """See `PlatformVault`."""
        ...

    def names(self, scope: TenantScope) -> tuple[tuple[str, str], ...]:
        """See `PlatformVault`."""
        ...


class Credential(Protocol):
    """One secret of a vault, for whoever shows it to another system. Several threads may use it.

    A system that refuses it may have been given another by now. Whoever hears a refusal asks for that one, and where
    there is one does what was refused once more.
    """

    def __call__(self) -> Secret:
        """The secret; a change in the vault shows within the cache time.

        Raises:
            CredentialMissing: there is none.
            CredentialRefused: the vault answers, and does not give it away.
            Unavailable: the vault does not answer, or cannot be opened, and the secret that it gave last is too old.
        """
        ...

    def renewed(self, refused: Secret) -> Secret | None:
        """What is in the vault by now, whatever the cache time; None where that is what was refused.

        While the vault does not answer, that is what it gave last. However often refusals are heard, a vault is looked
        into about once a second. Raises as ``__call__``.
        """
        ...
