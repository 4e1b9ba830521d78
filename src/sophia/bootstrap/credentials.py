"""Credentials out of the vaults."""

from attrs import frozen

from sophia.application.identity import SystemIdentity
from sophia.bootstrap.settings import Settings, secret_place
from sophia.domain.secrets import Secret
from sophia.errors import ConfigurationError, Fault, NotFound, Unavailable
from sophia.ports.vault import CredentialVault, PlatformVault

__all__ = ["PlatformCredential", "WebhookSecrets", "check_credentials"]


@frozen
class PlatformCredential:
    """A secret of the platform's, by the name that the settings give it."""

    vault: PlatformVault
    named: str

    def __call__(self) -> Secret:
        """The secret as it is now.

        Raises:
            Unavailable: there is none of this name, or the vault cannot be opened.
        """
        category, name = secret_place(self.named)
        try:
            return self.vault.secret(category, name)
        except NotFound as error:
            place = f"{category}/{name}"
            detail = f"the platform has no {place}; `sophia credentials set {place} --platform` puts one there"
            raise Unavailable("vault", detail) from error


@frozen
class WebhookSecrets:
    """What companies' backends sign with: ``backend/webhook`` in the company's vault."""

    vault: CredentialVault
    system: SystemIdentity

    def __call__(self, company_id: str) -> str | None:
        """The secret of a company as it is now; None where there is no such company, or none in its vault.

        Raises:
            Unavailable: the vault cannot be opened.
        """
        try:
            return self.vault.secret(self.system.scope(company_id, "webhook"), "backend", "webhook").reveal()
        except NotFound:
            return None


def check_credentials(settings: Settings, vault: PlatformVault) -> None:
    """Pass when the secrets that the settings name are in the vault.

    Raises:
        ConfigurationError: one is not, or the vault cannot be opened; names the setting.
    """
    for pointer, named in settings.credentials_named.items():
        try:
            PlatformCredential(vault, named)()
        except Unavailable as error:
            raise ConfigurationError(Fault(pointer, str(error))) from error
