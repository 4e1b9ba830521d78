"""Keeping the credentials of the systems that a company's instance works with."""

from sophia.domain.audit import AuditEvent
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import TenantScope
from sophia.ports.records import Records
from sophia.ports.vault import CredentialVault

__all__ = ["SetCredential"]


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
