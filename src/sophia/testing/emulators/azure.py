"""Azure AI Agents, Entra ID and Key Vault, emulated in a process of their own for one identity.

    python -m sophia.testing.emulators.azure

is a program (`sophia dev azure` starts it). It reads one line of JSON from stdin, of `Told`'s keys, writes a line to
stdout when all of them listen, and ends when stdin does.
"""

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from attrs import frozen

from sophia.testing.emulators.azure_agents import AzureAgentsEmulator
from sophia.testing.emulators.azure_agents.quoting import quote_the_nearest
from sophia.testing.emulators.certificates import issue_certificates, issue_identity
from sophia.testing.emulators.entra import EntraEmulator, ServicePrincipal
from sophia.testing.emulators.key_vault import RESOURCE, KeyVaultEmulator

__all__: list[str] = []

_AGENTS_RESOURCE = "https://ai.azure.com"


@frozen
class Told:
    """What is to be emulated.

    Attributes:
        agents, entra, vault: the ports; a vault's is 0 where there is none.
        tenant_id, client_id: of the identity that tokens are given to.
        certificate: where the identity's certificate is written, with its key.
        ca_file: where the certificate is written that whoever asks has to trust.
        agent_ids, store_ids: of the agents and vector stores that there are from the beginning.
    """

    agents: int
    entra: int
    vault: int
    tenant_id: str
    client_id: str
    certificate: str
    ca_file: str
    agent_ids: list[str]
    store_ids: list[str]


def _main() -> None:
    told = Told(**json.loads(sys.stdin.readline()))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        certificates, identity = issue_certificates(folder), issue_identity("sophia")
        _write(Path(told.ca_file), certificates.ca_file.read_bytes())
        _write(Path(told.certificate), identity.pem)
        entra = EntraEmulator(
            [ServicePrincipal(told.client_id, identity.public_key)],
            told.tenant_id,
            tls=certificates.server,
            port=told.entra,
        )
        stack.enter_context(entra)
        agents = AzureAgentsEmulator(
            quote_the_nearest, token=lambda token: entra.given.get(token) == _AGENTS_RESOURCE, port=told.agents
        )
        for id_ in told.agent_ids:
            agents.add_assistant(id=id_)
        for id_ in told.store_ids:
            agents.add_store({}, id=id_)
        stack.enter_context(agents)
        if told.vault:
            vault = KeyVaultEmulator(
                lambda token: entra.given.get(token) == RESOURCE,
                certificates.server,
                tenant=told.tenant_id,
                port=told.vault,
            )
            stack.enter_context(vault)
        print("listening", flush=True)  # noqa: T201 -- this is what it is asked for
        sys.stdin.read()


def _write(file: Path, content: bytes) -> None:
    """Put a file there whole, readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as written:  # it makes its files so
        written.write(content)
    Path(written.name).replace(file)


if __name__ == "__main__":
    _main()
