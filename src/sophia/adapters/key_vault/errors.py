"""What goes wrong at Key Vault, as SOPHIA's errors. Nothing that it has written is in them.

Source: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
"""

import re
from http import HTTPStatus
from typing import cast

from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.rest import HttpResponse

from sophia.adapters.http.waiting import retry_after
from sophia.errors import CredentialRefused, Unavailable

__all__ = ["to_sophia"]

_VAULT, _IDENTITY = "vault", "azure identity"
_ROLES = "give it the role Key Vault Secrets User, and to put secrets there Key Vault Secrets Officer"


def to_sophia(error: Exception, vault_url: str, place: str) -> Unavailable:
    """The error that an error of the client stands for.

    Args:
        error: of Azure's SDK, or of reading what came.
        vault_url: tells the vault's refusals from those of who gives out tokens.
        place: what was asked for, as people call it.
    """
    response = cast(HttpResponse | None, error.response) if isinstance(error, HttpResponseError) else None
    if response is not None and response.request.url.startswith(vault_url):
        return _of_status(response, _inner_code(error), place)
    match error:
        case ClientAuthenticationError():
            code = re.search(r"AADSTS\d+", str(error))
            return Unavailable(_IDENTITY, f"gives SOPHIA no token ({code[0] if code else 'it logs why'}); see [azure]")
        case ServiceRequestError():
            return Unavailable(_VAULT, f"cannot be reached at {vault_url}, or its certificate is not to be trusted")
        case ServiceResponseError():
            return Unavailable(_VAULT, "has sent no answer, or none in time")
        case ValueError() if "challenge" in str(error):
            return CredentialRefused(f"{vault_url} asks for a token that is not for a vault at this address")
        case _:
            return Unavailable(_VAULT, "sends what is no answer of a vault")


def _inner_code(error: Exception) -> object:
    """What the refusal is about, where it says so."""
    said = getattr(error, "error", None)
    return (said.innererror or {}).get("code") if said else None


def _of_status(response: HttpResponse, inner: object, place: str) -> Unavailable:
    wait = retry_after(response.headers)
    match status := response.status_code:
        case HTTPStatus.UNAUTHORIZED:
            return CredentialRefused(
                "does not take SOPHIA's token (HTTP 401): is [azure] of the vault's own directory?"
            )
        case HTTPStatus.FORBIDDEN if inner == "SecretDisabled":
            return CredentialRefused(f"{place} is disabled there; enable it, or put another in its place")
        case HTTPStatus.FORBIDDEN if inner == "ForbiddenByFirewall":
            return CredentialRefused("its firewall does not let this machine in (HTTP 403)")
        case HTTPStatus.FORBIDDEN:
            return CredentialRefused(f"does not let SOPHIA's identity do this with {place} (HTTP 403); {_ROLES}")
        case HTTPStatus.CONFLICT:
            return CredentialRefused(f"{place} was deleted there, and its name is kept: recover or purge it first")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Unavailable(_VAULT, "is asked too often (HTTP 429)", wait)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable(_VAULT, f"fails (HTTP {status})", wait)
        case _:
            return Unavailable(_VAULT, f"does not take the request (HTTP {status})")
