"""One vault in Azure for the platform's secrets and every company's, told apart by their names.

The SDK asks first without a token, is told by the vault for which resource it needs one, and gives none out whose
resource is not the vault's own domain. TLS is verified, no redirect is followed, no proxy of the environment used.
Nothing is kept here: `sophia.application.credentials` does that, and takes care of outages.
"""

import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.keyvault.secrets import KeyVaultSecret, SecretClient

from sophia.adapters.key_vault.errors import to_sophia
from sophia.adapters.key_vault.names import place_of, secret_name
from sophia.domain.addresses import names_this_machine
from sophia.domain.secrets import Secret, check_secret
from sophia.domain.tenancy import TenantScope
from sophia.errors import CredentialRefused, InvalidInput, NotFound, SophiaError, Unavailable
from sophia.ports.vault import CredentialVault, PlatformVault

__all__ = ["KeyVault", "KeyVaultCredentialVault", "KeyVaultPlatformVault"]

_NETWORK: dict[str, Any] = {
    "connection_timeout": 2,
    "read_timeout": 4,
    "retry_total": 1,
    "retry_connect": 0,
    "retry_status": 0,
    "permit_redirects": False,
    "use_env_settings": False,
}
"""A connection that broke is tried once more; a vault that does not answer, or says that it is asked too often, is not:
the last secret serves meanwhile, and whoever has none waits no longer than this."""

_ADDED = "sophia-added"
"""The tag of a version that stands only where no other was before it."""

_SETTLED = timedelta(seconds=2)
"""Versions tell the second that they were made in; so long after it no other of the same second can turn up."""

_LOOKS, _PAUSE = 10, 0.5

_LIST_KEPT = 5.0
"""Seconds that the list of all secrets serves: it comes in pages of 25, and is wanted for each company in turn."""


class KeyVault:
    """A vault, asked as one identity; several threads may.

    Args:
        url: of the vault.
        identity: gives out tokens.
        ca_file: certificates (PEM) that a vault on this machine is trusted by; no other is.
    """

    def __init__(self, url: str, identity: TokenCredential, ca_file: Path | None = None) -> None:
        self._url = url.rstrip("/")
        options = dict(_NETWORK)
        if names_this_machine(urlsplit(url).hostname or ""):
            # An emulator: no vault of Azure has such a domain for its resource.
            options |= {"verify_challenge_resource": False, "connection_verify": str(ca_file) if ca_file else True}
        self._make = partial(SecretClient, self._url, identity, **options)
        # Two threads that use one client can take the token away from each other (ChallengeAuthPolicy).
        self._idle: deque[SecretClient] = deque()
        self._listed = float("-inf"), tuple[str, ...]()
        weakref.finalize(self, _close, self._idle)

    @property
    def platform(self) -> PlatformVault:
        """The platform's secrets in it."""
        return KeyVaultPlatformVault(self)

    @property
    def companies(self) -> CredentialVault:
        """The companies' secrets in it."""
        return KeyVaultCredentialVault(self)

    def secret(self, company_id: str | None, category: str, name: str) -> Secret:
        """See `PlatformVault.secret`; of a company, or of the platform where none is named."""
        place = f"{category}/{name}"
        try:
            stored = secret_name(company_id, category, name)
        except InvalidInput as error:
            raise NotFound("credential", place) from error
        with self._client(place) as client:
            return self._read(client, stored, place)

    def put(self, company_id: str | None, category: str, name: str, secret: Secret) -> None:
        """See `PlatformVault.put`: a new version."""
        check_secret(category, name, secret)
        stored = secret_name(company_id, category, name)
        with self._client(f"{category}/{name}") as client:
            client.set_secret(stored, secret.reveal())
        self._listed = float("-inf"), ()

    def add(self, company_id: str | None, category: str, name: str, secret: Secret) -> Secret:
        """See `PlatformVault.add`.

        Key Vault knows no "only where there is none": of versions that were added the oldest stands, until one is put.
        """
        check_secret(category, name, secret)
        place, stored = f"{category}/{name}", secret_name(company_id, category, name)
        with self._client(place) as client:
            try:
                return self._read(client, stored, place)
            except NotFound:
                client.set_secret(stored, secret.reveal(), tags={_ADDED: "true"})
                self._listed = float("-inf"), ()
            return self._read(client, stored, place)

    def names(self, company_id: str | None) -> tuple[tuple[str, str], ...]:
        """See `PlatformVault.names`: what else is in the vault is passed over."""
        listed_at, names = self._listed
        if (begun := time.monotonic()) - listed_at >= _LIST_KEPT:
            with self._client("the list of its secrets") as client:
                names = tuple(listed.name or "" for listed in client.list_properties_of_secrets())
            self._listed = begun, names
        found = (place_of(company_id, name) for name in names)
        return tuple(sorted(place for place in found if place is not None))

    @contextmanager
    def _client(self, place: str) -> Iterator[SecretClient]:
        try:
            client = self._idle.pop()
        except IndexError:
            client = self._make()
        try:
            yield client
        except SophiaError:
            raise
        except (AzureError, OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            # What is no answer of a vault breaks the SDK in many ways.
            raise to_sophia(error, self._url, place) from error
        finally:
            self._idle.append(client)

    def _read(self, client: SecretClient, stored: str, place: str) -> Secret:
        try:
            found = client.get_secret(stored)
            if _ADDED in (found.properties.tags or {}):
                found = client.get_secret(stored, _standing(client, stored))
        except ResourceNotFoundError as error:
            raise _missing(client, stored, place) from error
        return _usable(found, place)


@frozen
class KeyVaultPlatformVault(PlatformVault):
    """The platform's secrets in Key Vault."""

    vault: KeyVault

    def secret(self, category: str, name: str) -> Secret:
        """See `PlatformVault`."""
        return self.vault.secret(None, category, name)

    def put(self, category: str, name: str, secret: Secret) -> None:
        """See `PlatformVault`."""
        self.vault.put(None, category, name, secret)

    def add(self, category: str, name: str, secret: Secret) -> Secret:
        """See `PlatformVault`."""
        return self.vault.add(None, category, name, secret)

    def names(self) -> tuple[tuple[str, str], ...]:
        """See `PlatformVault`."""
        return self.vault.names(None)


@frozen
class KeyVaultCredentialVault(CredentialVault):
    """Each company's secrets in Key Vault; whose they are is in their names."""

    vault: KeyVault

    def secret(self, scope: TenantScope, category: str, name: str) -> Secret:
        """See `CredentialVault`."""
        return self.vault.secret(scope.company_id, category, name)

    def put(self, scope: TenantScope, category: str, name: str, secret: Secret) -> None:
        """See `CredentialVault`."""
        self.vault.put(scope.company_id, category, name, secret)

    def names(self, scope: TenantScope) -> tuple[tuple[str, str], ...]:
        """See `CredentialVault`."""
        return self.vault.names(scope.company_id)


def _usable(found: KeyVaultSecret, place: str) -> Secret:
    """The value, where it may be used now: Key Vault itself gives one out that is out of its time.

    https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#date-time-controlled-operations
    """
    about, now = found.properties, datetime.now(UTC)
    if about.expires_on is not None and about.expires_on <= now:
        raise CredentialRefused(f"{place} has expired there ({about.expires_on:%Y-%m-%d}); put another in its place")
    if about.not_before is not None and about.not_before > now:
        raise CredentialRefused(f"{place} is not to be used before {about.not_before.isoformat()}")
    secret = Secret(found.value or "")
    try:
        check_secret("any", "any", secret)
    except InvalidInput as error:
        raise CredentialRefused(f"{place} holds what is no secret: {error}") from error
    return secret


def _missing(client: SecretClient, stored: str, place: str) -> SophiaError:
    """What is to be said where there is none: it may have been deleted, as far as SOPHIA is let look."""
    try:
        client.get_deleted_secret(stored)
    except AzureError:
        return NotFound("credential", place)
    recover = f"`az keyvault secret recover --vault-name … --name {stored}`"
    return CredentialRefused(f"{place} was deleted there, and can be recovered: {recover}")


def _standing(client: SecretClient, stored: str) -> str:
    """The version that stands where the newest was added: one that was put, or the first that was added.

    Raises:
        Unavailable: the vault cannot tell which.
    """
    for _ in range(_LOOKS):
        dates: list[str] = []
        listed = client.list_properties_of_secret_versions(stored, raw_response_hook=_dates_into(dates))
        versions = sorted((v.created_on, v.version, _ADDED in (v.tags or {})) for v in listed if v.created_on)
        put = [version for _, version, was_added in versions if not was_added]
        if put:
            return str(put[-1])
        # In its own second, another may still come before the first.
        if versions and parsedate_to_datetime(dates[0]) - versions[0][0] >= _SETTLED:
            return str(versions[0][1])
        time.sleep(_PAUSE)
    raise Unavailable("vault", "does not tell which version of a secret was the first")


def _dates_into(dates: list[str]) -> Callable[[Any], None]:
    """Notes what time it is there."""
    return lambda response: dates.append(response.http_response.headers["Date"])


def _close(clients: deque[SecretClient]) -> None:
    while clients:
        clients.pop().close()
