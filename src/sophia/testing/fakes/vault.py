"""Vaults in memory."""

from collections import defaultdict

from sophia.domain.secrets import Secret, check_secret
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound
from sophia.ports.vault import CredentialVault, PlatformVault

__all__ = ["MemoryCredentialVault", "MemoryPlatformVault"]


class MemoryPlatformVault(PlatformVault):
    """Keeps secrets as long as it lives."""

    def __init__(self) -> None:
        self._secrets: dict[tuple[str, str], Secret] = {}

    def secret(self, category: str, name: str) -> Secret:
        if (category, name) not in self._secrets:
            raise NotFound("credential", f"{category}/{name}")
        return self._secrets[category, name]

    def put(self, category: str, name: str, secret: Secret) -> None:
        check_secret(category, name, secret)
        self._secrets[category, name] = secret

    def add(self, category: str, name: str, secret: Secret) -> Secret:
        check_secret(category, name, secret)
        return self._secrets.setdefault((category, name), secret)

    def names(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self._secrets))


class MemoryCredentialVault(CredentialVault):
    """A vault in memory for each company."""

    def __init__(self) -> None:
        self._vaults: defaultdict[str, MemoryPlatformVault] = defaultdict(MemoryPlatformVault)

    def secret(self, scope: TenantScope, category: str, name: str) -> Secret:
        return self._vaults[scope.company_id].secret(category, name)

    def put(self, scope: TenantScope, category: str, name: str, secret: Secret) -> None:
        self._vaults[scope.company_id].put(category, name, secret)

    def names(self, scope: TenantScope) -> tuple[tuple[str, str], ...]:
        return self._vaults[scope.company_id].names()
