"""The access keys of companies' instances."""

from datetime import datetime
from typing import Protocol

from sophia.domain.access_keys import AccessKey
from sophia.domain.tenancy import TenantScope

__all__ = ["AccessKeys"]


class AccessKeys(Protocol):
    """Keeps the digests of access keys. What a caller comes with is looked for before there is a scope."""

    def find(self, digest: str) -> AccessKey | None:
        """The key of this digest, whosever it is and whether or not it is still good."""
        ...

    def used(self, key: AccessKey, at: datetime) -> None:
        """Note that a key was used; nothing happens where it is gone."""
        ...

    def add(self, scope: TenantScope, key: AccessKey) -> None:
        """Keep a new key of the scope's company.

        Raises:
            CompanyMismatch: it is another company's.
            Conflict: the company has one of its id, or somebody has one of its digest.
        """
        ...

    def list(self, scope: TenantScope) -> tuple[AccessKey, ...]:
        """The keys of the scope's company, oldest first, with those that are no longer good."""
        ...

    def revoke(self, scope: TenantScope, key_id: str, at: datetime) -> AccessKey:
        """Let nobody in by a key any more; one that was revoked stays as it is.

        Raises:
            NotFound: none, or another company's.
        """
        ...
