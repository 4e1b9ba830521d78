"""The secrets of one start of the demo, which nothing keeps."""

from collections.abc import Mapping

from attrs import field, frozen

from sophia.domain.secrets import Secret
from sophia.domain.tenancy import TenantScope
from sophia.ports.vault import CredentialVault

__all__ = ["DemoCredentialVault"]


@frozen
class DemoCredentialVault(CredentialVault):
    """Has some companies' secrets as long as the process lasts; whatever else there is, another vault keeps.

    Attributes:
        passing: by company, and ``category/name``. They stand before what is kept by the same name.
    """

    passing: Mapping[str, Mapping[str, Secret]] = field(repr=False)
    kept: CredentialVault

    def secret(self, scope: TenantScope, category: str, name: str) -> Secret:
        """See `CredentialVault`."""
        found = self.passing.get(scope.company_id, {}).get(f"{category}/{name}")
        return self.kept.secret(scope, category, name) if found is None else found

    def put(self, scope: TenantScope, category: str, name: str, secret: Secret) -> None:
        """See `CredentialVault`."""
        self.kept.put(scope, category, name, secret)

    def names(self, scope: TenantScope) -> tuple[tuple[str, str], ...]:
        """See `CredentialVault`."""
        passing = (
            (place.partition("/")[0], place.partition("/")[2]) for place in self.passing.get(scope.company_id, ())
        )
        return tuple(sorted({*passing, *self.kept.names(scope)}))
