"""One credential object of Azure's SDK, for everything that a process asks of Azure: it keeps its tokens in memory.

Which way of signing in is taken is decided by whoever runs SOPHIA. `DefaultAzureCredential`, which tries one after the
other and so can become somebody else overnight, is for development alone
(https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains).
"""

import stat
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from attrs import frozen
from azure.core.credentials import TokenCredential
from azure.identity import (
    CertificateCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from sophia.domain.addresses import names_this_machine
from sophia.errors import ConfigurationError, Fault

__all__ = ["Identity", "make_credential"]

_NETWORK: dict[str, Any] = {
    "connection_timeout": 2,
    "read_timeout": 4,
    "retry_total": 1,
    "retry_connect": 0,
    "retry_status": 0,
    "use_env_settings": False,
}
"""Whoever needs a token waits for it: a connection that broke is tried once more, and nothing else. No proxy of the
environment is used; the variables by which Azure tells a machine where its identity is are."""


@frozen
class Identity:
    """How SOPHIA signs in; an empty text is what the environment says, or nothing.

    Attributes:
        kind: the machine's own identity, a pod's, a service principal's with a certificate, or any login there is.
        certificate: PEM or PKCS #12 with its RSA key.
        authority: where tokens are given out.
        ca_file: what an authority on this machine is trusted by.
    """

    kind: Literal["managed", "workload", "certificate", "development"]
    client_id: str = ""
    tenant_id: str = ""
    certificate: Path | None = None
    authority: str = ""
    ca_file: Path | None = None


def make_credential(identity: Identity) -> TokenCredential:
    """What gives out tokens. Nothing is asked of anybody yet.

    Raises:
        ConfigurationError: what the kind of identity needs is not there.
    """
    try:
        return _made(identity)
    except (OSError, ValueError) as error:
        # Theirs may quote what a file holds.
        needs = {
            "managed": "`client_id`, where the machine has several",
            "workload": "AZURE_FEDERATED_TOKEN_FILE, as the webhook of Azure Workload ID sets it in a pod, `client_id` "
            "and `tenant_id`",
            "certificate": "`tenant_id`, `client_id` and a `certificate` with its RSA key, in no password",
            "development": "nothing but a login, as `az login` makes one",
        }
        told = f"{identity.kind!r} cannot be used; it needs {needs[identity.kind]}"
        raise ConfigurationError(Fault("/azure/identity", told)) from error


def _made(identity: Identity) -> TokenCredential:
    who: dict[str, Any] = {"client_id": identity.client_id or None}
    match identity.kind:
        case "managed":
            return ManagedIdentityCredential(**who, **_NETWORK)
        case "workload":
            return WorkloadIdentityCredential(**who, tenant_id=identity.tenant_id or None, **_reaching(identity))
        case "certificate":
            file = _private(identity.certificate)
            return CertificateCredential(identity.tenant_id, identity.client_id, str(file), **_reaching(identity))
        case "development":
            return DefaultAzureCredential(managed_identity_client_id=identity.client_id or None, **_NETWORK)


def _reaching(identity: Identity) -> dict[str, Any]:
    """How to reach who gives out tokens; an authority on this machine is none that Azure knows."""
    options = dict(_NETWORK)
    if identity.authority:
        options["authority"] = identity.authority
        if names_this_machine(urlsplit(identity.authority).hostname or ""):
            options["disable_instance_discovery"] = True
            options["connection_verify"] = str(identity.ca_file) if identity.ca_file else True
    return options


def _private(file: Path | None) -> Path:
    if file is None:
        raise ValueError("there is no certificate")
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        told = f"others may use its key in {file}; take that right away (chmod 600)"
        raise ConfigurationError(Fault("/azure/certificate", told))
    return file
