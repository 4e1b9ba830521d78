"""Azure for who has no subscription: what the settings have of it on this machine is emulated there."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sophia.bootstrap.demo_systems import DemoProcess
from sophia.bootstrap.settings import Settings
from sophia.errors import ConfigurationError, Fault

__all__ = ["EmulatedAzure"]

_PROJECT = "/api/projects/demo"


class EmulatedAzure:
    """Azure AI Agents, Entra ID and, where secrets are kept there, Key Vault: at the addresses of the settings.

    The agents and vector stores that the settings name for companies are there. Everything is in memory, but for the
    identity's certificate and the one that the emulators are trusted by: these are written to the files of the
    settings, and hold for a day.

    Args:
        settings: whose addresses have to be on this machine.

    Raises:
        ConfigurationError: something in them is not for emulators, or their addresses are taken.
        Unavailable: they do not start.
    """

    def __init__(self, settings: Settings) -> None:
        if faults := tuple(_faults(settings)):
            raise ConfigurationError(*faults)
        azure, companies = settings.azure, settings.companies
        told = {
            "agents": _port(settings.agent.azure.endpoint),
            "entra": _port(azure.authority),
            "vault": _port(settings.credentials.vault_url) if settings.credentials.vault == "key-vault" else 0,
            "tenant_id": azure.tenant_id,
            "client_id": azure.client_id,
            "certificate": str((settings.directory / azure.certificate).absolute()),
            "ca_file": str((settings.directory / azure.ca_file).absolute()),
            "agent_ids": [company.azure_agent_id for company in companies if company.azure_agent_id],
            "store_ids": [company.vector_store_id for company in companies if company.vector_store_id],
        }
        self._process = DemoProcess("sophia.testing.emulators.azure", told)

    @property
    def is_over(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.is_over

    def stop(self) -> None:
        """End it; what was there is forgotten."""
        self._process.stop()


def _faults(settings: Settings) -> Iterator[Fault]:
    azure, endpoint = settings.azure, settings.agent.azure.endpoint
    places = {"/agent/azure/endpoint": endpoint, "/azure/authority": azure.authority}
    if settings.credentials.vault == "key-vault":
        places["/credentials/vault_url"] = settings.credentials.vault_url
    if azure.identity != "certificate":
        yield Fault("/azure/identity", 'expected "certificate": a service principal is what is emulated')
    if not azure.ca_file:
        yield Fault("/azure/ca_file", "required key is missing: what the emulators are trusted by is written there")
    for pointer, url in places.items():
        if not url:
            yield Fault(pointer, "required key is missing")
        elif (urlsplit(url).hostname or "") != "127.0.0.1" or not _port(url):
            yield Fault(pointer, f"is not emulated: expected 127.0.0.1 and a port, got {url}")
        elif not _is_free(_port(url)):
            yield Fault(pointer, f"something listens on port {_port(url)} already")
    if endpoint and urlsplit(endpoint).path.rstrip("/") != _PROJECT:
        yield Fault("/agent/azure/endpoint", f"expected the path {_PROJECT}: there is one project")
    # Whatever is in these files is replaced.
    for key in ("certificate", "ca_file"):
        file = (settings.directory / Path(getattr(azure, key))).absolute()
        if not file.is_relative_to(settings.data_dir.absolute()):
            yield Fault(f"/azure/{key}", f"expected a file in data_dir ({settings.data_dir}): it is written anew")


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
