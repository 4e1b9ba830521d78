"""The secrets that the settings name, and those of companies' backends."""

from attrs import frozen

from sophia.application.credentials import Credentials
from sophia.application.identity import SystemIdentity
from sophia.bootstrap.settings import Settings, secret_place
from sophia.domain.secrets import Secret
from sophia.errors import ConfigurationError, CredentialMissing, Fault, NotFound, Unavailable
from sophia.ports.vault import Credential

__all__ = ["CompanyCredential", "WebhookSecrets", "check_credentials", "named_credential"]


def named_credential(credentials: Credentials, named: str) -> Credential:
    """A secret of the platform's, by the name that the settings give it."""
    return credentials.of_platform(*secret_place(named))


@frozen
class CompanyCredential(Credential):
    """A secret of a company's, ``category/name`` as the settings name it; whose company is gone has none."""

    credentials: Credentials
    system: SystemIdentity
    company_id: str
    named: str

    def __call__(self) -> Secret:
        """See `Credential`."""
        return self._found()()

    def renewed(self, refused: Secret) -> Secret | None:
        """See `Credential`."""
        return self._found().renewed(refused)

    def _found(self) -> Credential:
        category, _, name = self.named.partition("/")
        try:
            return self.credentials.of_company(self.system.scope(self.company_id, "credentials"), category, name)
        except NotFound as error:
            raise CredentialMissing(str(error)) from error


@frozen
class WebhookSecrets:
    """What companies' backends sign with: ``backend/webhook`` in the company's vault."""

    credentials: Credentials
    system: SystemIdentity

    def __call__(self, company_id: str) -> str | None:
        """The secret of a company; None where there is no such company, or none in its vault.

        Raises:
            Unavailable: the vault cannot be opened.
        """
        try:
            return self._of(company_id)().reveal()
        except (NotFound, CredentialMissing):
            return None

    def renewed(self, company_id: str, refused: str) -> str | None:
        """What a company has by now in the place of a secret, if anything. Raises as ``__call__``."""
        try:
            fresh = self._of(company_id).renewed(Secret(refused))
        except (NotFound, CredentialMissing):
            return None
        return None if fresh is None else fresh.reveal()

    def _of(self, company_id: str) -> Credential:
        return self.credentials.of_company(self.system.scope(company_id, "webhook"), "backend", "webhook")


def check_credentials(settings: Settings, credentials: Credentials) -> None:
    """Pass when the secrets that the settings name are in the vault.

    Raises:
        ConfigurationError: one is not, or the vault cannot be opened; names the setting.
    """
    for pointer, named in settings.credentials_named.items():
        try:
            named_credential(credentials, named)()
        except Unavailable as error:
            raise ConfigurationError(Fault(pointer, str(error))) from error
