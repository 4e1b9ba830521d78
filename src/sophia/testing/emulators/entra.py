"""Where Azure gives out tokens: a machine's identity endpoint (IMDS), and Entra ID's for service principals.

Over http it is the first: ``AZURE_POD_IDENTITY_AUTHORITY_HOST`` leads Azure's SDK to it. Over https it is the second,
as the ``authority`` of a credential.

Sources: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import json
import re
import secrets
import ssl
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from attrs import field, frozen

from sophia.testing.emulators.server import Exchange, Request
from sophia.testing.emulators.system import Answer, EmulatedSystem, Fault, Faults

__all__ = ["EntraEmulator", "ServicePrincipal"]

_IMDS = "/metadata/identity/oauth2/token"
_TOKEN = re.compile("/(?P<tenant>[^/]+)/oauth2/v2.0/token")
_CONFIGURATION = re.compile("/(?P<tenant>[^/]+)/v2.0/.well-known/openid-configuration")
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LASTS = 86_399


@frozen
class ServicePrincipal:
    """Who is given a token.

    Attributes:
        client_id: empty is the machine's own identity.
        certificate: the public key (PEM) that its assertions are signed for; None where it has none.
        federated: the token of a pod that stands for it; None where there is none.
    """

    client_id: str = ""
    certificate: bytes | None = field(default=None, repr=False)
    federated: str | None = field(default=None, repr=False)


class EntraEmulator(EmulatedSystem):
    """Gives tokens to those it knows.

    Args:
        known: who they are.
        tenant: the directory they are of.
        tls, faults, port: as `EmulatedSystem` takes them.

    Attributes:
        given: the resource that each token is for.
    """

    def __init__(
        self,
        known: Iterable[ServicePrincipal] = (ServicePrincipal(),),
        tenant: str = "",
        *,
        tls: ssl.SSLContext | None = None,
        faults: Iterable[Fault | None] | Faults = (),
        port: int = 0,
    ) -> None:
        super().__init__(faults, tls=tls, port=port)
        self.given: dict[str, str] = {}
        self._known = {principal.client_id: principal for principal in known}
        self._tenant = tenant

    def _answer(self, request: Request, exchange: Exchange) -> Answer:  # noqa: ARG002
        url = urlsplit(request.path)
        if url.path == _IMDS:
            return self._of_machine(request, _single(url.query))
        if (found := _TOKEN.fullmatch(url.path)) and request.method == "POST":
            return self._of_principal(found["tenant"], _single(request.body.decode()))
        if found := _CONFIGURATION.fullmatch(url.path):
            at = f"{self.url}/{found['tenant']}"
            names = {
                "token_endpoint": f"{at}/oauth2/v2.0/token",
                "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
            }
            return _json(200, {**names, "issuer": f"{at}/v2.0"})
        return self._refusal(404)

    def _refusal(self, status: int) -> Answer:
        return _json(status, {"error": "temporarily_unavailable", "error_description": "AADSTS90033: try again."})

    def _of_machine(self, request: Request, query: Mapping[str, str]) -> Answer:
        if request.headers.get("metadata") != "true" or query.get("api-version") != "2018-02-01":
            return _json(
                400, {"error": "invalid_request", "error_description": "Required metadata header not specified"}
            )
        if query.get("client_id", "") not in self._known or "resource" not in query:
            return _json(400, {"error": "invalid_request", "error_description": "Identity not found"})
        # It writes its numbers as text.
        return self._token(query["resource"], {"expires_in": str(_LASTS), "resource": query["resource"]})

    def _of_principal(self, tenant: str, form: Mapping[str, str]) -> Answer:
        principal = self._known.get(form.get("client_id", ""))
        if tenant != self._tenant or principal is None:
            return _json(
                400, {"error": "unauthorized_client", "error_description": "AADSTS700016: no such application."}
            )
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != _ASSERTION:
            return _json(
                400, {"error": "invalid_request", "error_description": "AADSTS900144: a parameter is missing."}
            )
        if not self._proves(principal, form.get("client_assertion", "")):
            told = "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered."
            return _json(401, {"error": "invalid_client", "error_description": told})
        return self._token(form["scope"].removesuffix("/.default"), {"expires_in": _LASTS})

    def _proves(self, principal: ServicePrincipal, assertion: str) -> bool:
        if principal.federated is not None and assertion == principal.federated:
            return True
        if principal.certificate is None:
            return False
        try:
            claims = jwt.decode(
                assertion,
                principal.certificate,
                algorithms=["RS256", "PS256"],
                audience=f"{self.url}/{self._tenant}/oauth2/v2.0/token",
            )
        except jwt.InvalidTokenError:
            return False
        return bool(claims.get("sub") == principal.client_id)

    def _token(self, resource: str, more: Mapping[str, Any]) -> Answer:
        token = secrets.token_urlsafe(24)
        self.given[token] = resource.rstrip("/")
        return _json(200, {"token_type": "Bearer", "access_token": token, **more})


def _single(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


def _json(status: int, body: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json; charset=utf-8"})
