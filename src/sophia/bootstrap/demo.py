"""Trying SOPHIA out: keys that last as long as the process, and a backend to hand over to."""

import secrets
from collections.abc import Mapping

from attrs import field, frozen

from sophia.adapters.backend.route import Route
from sophia.adapters.demo_keys.verifier import DemoKeyVerifier, mint_demo_keys
from sophia.adapters.standard_webhooks.verifier import StandardWebhookVerifier, mint_webhook_secrets
from sophia.application.credentials import CachedCredential
from sophia.bootstrap.containers import Adapters
from sophia.bootstrap.demo_systems import DemoProcess, Emulated
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.secrets import Secret
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["Demo", "DemoBackend", "DemoCompany", "emulating"]


@frozen
class DemoCompany:
    """What the chat page is told of a company of the demo: how to get in, as whom, and what to ask."""

    id: str
    name: str
    key: str = field(repr=False)
    users: tuple[str, ...]
    examples: tuple[str, ...]


def emulating(settings: Settings, emulated: Emulated, **adapters: object) -> Sophia:
    """SOPHIA, with adapters of your own, that looks at emulated systems where there are any."""
    placed = emulated.settings(settings)
    return Sophia(placed, credential_vault=emulated.vault(Adapters(settings=placed).credential_vault()), **adapters)


class DemoBackend:
    """An emulated backend in a process of its own, which ends with this one.

    Args:
        settings: of the SOPHIA that hands over to it.
        sophia: where that one listens.
        webhook_secrets: that it signs its reports on tickets with, by company.

    Raises:
        Unavailable: it does not start.
    """

    def __init__(self, settings: Settings, sophia: str, webhook_secrets: Mapping[str, str]) -> None:
        self._targets = settings.targets
        self._token = Secret(secrets.token_urlsafe(32))
        paths = [target.path for target in self._targets]
        told = {"sophia": sophia, "token": self._token.reveal(), "paths": paths, "secrets": dict(webhook_secrets)}
        self._process = DemoProcess("sophia.testing.emulators.backend_page", told)
        self.url = self._process.said

    def desk(self) -> TicketDesk:
        """The desk that takes tickets there."""
        from sophia.adapters.backend.desk import RestTicketDesk  # noqa: PLC0415 - a fifth of a second

        token = CachedCredential(lambda: self._token)
        return RestTicketDesk(self.url, {target.name: Route(target.path, token) for target in self._targets})

    def stop(self) -> None:
        """End it."""
        self._process.stop()


class Demo:
    """SOPHIA to be tried out: its keys and its backend last as long as the process.

    Args:
        settings: where they name a backend, that one is handed over to.
        url: where SOPHIA listens.
        emulated: the systems of its companies that are.

    Raises:
        Unavailable: the emulated backend does not start.
    """

    def __init__(self, settings: Settings, url: str, emulated: Emulated) -> None:
        ids = [company.id for company in settings.companies]
        self._keys, self._secrets = mint_demo_keys(ids), mint_webhook_secrets(ids)
        self.backend = None if settings.backend.base_url else DemoBackend(settings, url, self._secrets)
        self._settings = settings
        self._emulated = emulated

    def sophia(self) -> Sophia:
        """SOPHIA, letting in who holds one of the keys, and taking reports that are signed with one of the secrets."""
        webhooks = StandardWebhookVerifier(self._secrets.get)
        desk = {} if self.backend is None else {"desk": self.backend.desk()}
        keys = DemoKeyVerifier(self._keys)
        return emulating(self._settings, self._emulated, key_verifier=keys, webhooks=webhooks, **desk)

    @property
    def companies(self) -> tuple[DemoCompany, ...]:
        """The companies with their keys and users."""
        return tuple(
            DemoCompany(c.id, c.name or c.id, self._keys[c.id], tuple(user.id for user in c.users), c.examples)
            for c in self._settings.companies
        )

    def stop(self) -> None:
        """End the backend."""
        if self.backend is not None:
            self.backend.stop()
