"""Azure Key Vault's secrets, over HTTPS as the service speaks it: challenge, versions, soft delete, pages, refusals.

Sources: https://learn.microsoft.com/rest/api/keyvault/secrets,
https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses,
https://learn.microsoft.com/azure/key-vault/general/rest-error-codes, and the answers that public issues quote.
"""

import json
import re
import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from threading import RLock
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from attrs import define, field

from sophia.testing.emulators.server import Exchange, Request
from sophia.testing.emulators.system import Answer, EmulatedSystem, Fault, Faults

__all__ = ["RESOURCE", "SECRETS_OFFICER", "SECRETS_USER", "TENANT", "KeyVaultEmulator"]

RESOURCE = "https://vault.azure.net"
TENANT = "72f988bf-0000-4000-8000-000000000000"
SECRETS_USER = frozenset({"get", "list"})
"""What the role Key Vault Secrets User may do."""
SECRETS_OFFICER = frozenset({"get", "list", "set", "delete", "recover", "purge"})

_VERSIONS = frozenset(
    {"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"}  # as the SDK's ApiVersion lists them
)
_NAME = re.compile("[0-9a-zA-Z-]{1,127}")
_MOST_BYTES = 25 * 1024
_PAGE = 25
_KEPT_DAYS = 90

_Json = dict[str, Any]


@define
class _Version:
    """One version of a secret."""

    id: str
    value: str
    attributes: _Json
    tags: dict[str, str]
    content_type: str | None = None


@define
class _Secret:
    """A secret: its name as it was written first, and its versions, the newest last."""

    name: str
    versions: list[_Version] = field(factory=list)
    deleted_at: int | None = None


class _Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, code: str, message: str, inner: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.body: _Json = {"error": {"code": code, "message": message}}
        if inner:
            self.body["error"]["innererror"] = {"code": inner}


class KeyVaultEmulator(EmulatedSystem):
    """One vault, with soft delete on.

    Args:
        takes: whether it takes a bearer token.
        tls: what it shows; a vault is not spoken to without.
        resource: what its challenge says that a token has to be for.
        tenant: the directory that its challenge names.
        faults, port: as `EmulatedSystem` takes them.

    Attributes:
        resource: as above; the next challenge says what it is by then.
        rights: what the identity behind any token may do (`SECRETS_USER`, `SECRETS_OFFICER`).
    """

    def __init__(
        self,
        takes: Callable[[str], bool],
        tls: ssl.SSLContext,
        *,
        resource: str = RESOURCE,
        tenant: str = TENANT,
        faults: Iterable[Fault | None] | Faults = (),
        port: int = 0,
    ) -> None:
        super().__init__(faults, tls=tls, port=port)
        self.rights = SECRETS_OFFICER
        self._takes = takes
        self.resource = resource
        self._tenant = tenant
        self._secrets: dict[str, _Secret] = {}
        self._state = RLock()

    def set(self, name: str, value: str, **attributes: Any) -> None:
        """Put a secret there as somebody else would; ``enabled``, ``nbf`` and ``exp`` (seconds since 1970) if given."""
        with self._state:
            self._add(name, {"value": value, "attributes": attributes})

    def delete(self, name: str) -> None:
        """Delete a secret as somebody else would."""
        with self._state:
            self._found(name).deleted_at = int(time.time())

    def versions(self, name: str) -> list[str]:
        """The values of a secret, the newest last."""
        with self._state:
            return [version.value for version in self._found(name).versions]

    def _answer(self, request: Request, exchange: Exchange) -> Answer:  # noqa: ARG002
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not self._takes(token):
            return self._challenge(
                "Request is missing a Bearer or PoP token." if not token else "Error validating token."
            )
        try:
            with self._state:
                status, body = self._route(request)
        except _Refused as refused:
            status, body = refused.status, refused.body
        return _json(status, body)

    def _refusal(self, status: int) -> Answer:
        code, message = {
            403: ("Forbidden", "Client address is not authorized and caller is not a trusted service."),
            429: ("Throttled", "Request was not processed because too many requests were received."),
        }.get(status, ("InternalServerError", "The service could not do it."))
        refused = _Refused(status, code, message, "ForbiddenByFirewall" if status == 403 else "")
        return _json(status, refused.body)

    def _challenge(self, message: str) -> Answer:
        challenge = (
            f'Bearer authorization="https://login.microsoftonline.com/{self._tenant}", resource="{self.resource}"'
        )
        return _json(401, _Refused(401, "Unauthorized", f"AKV10000: {message}").body, {"WWW-Authenticate": challenge})

    _ROUTES: ClassVar[dict[tuple[str, str], tuple[str, str]]] = {
        ("GET", "secrets"): ("list", "_list"),
        ("PUT", "secrets/name"): ("set", "_put"),
        ("GET", "secrets/name"): ("get", "_get"),
        ("DELETE", "secrets/name"): ("delete", "_delete"),
        ("GET", "secrets/name/versions"): ("list", "_list_versions"),
        ("GET", "secrets/name/version"): ("get", "_get"),
        ("PATCH", "secrets/name/version"): ("set", "_patch"),
        ("GET", "deletedsecrets"): ("list", "_list_deleted"),
        ("GET", "deletedsecrets/name"): ("recover", "_get_deleted"),
        ("POST", "deletedsecrets/name/recover"): ("recover", "_recover"),
        ("DELETE", "deletedsecrets/name"): ("purge", "_purge"),
    }

    def _route(self, request: Request) -> tuple[int, _Json]:
        url = urlsplit(request.path)
        path, query = url.path.strip("/").split("/"), {name: said[-1] for name, said in parse_qs(url.query).items()}
        if query.get("api-version") not in _VERSIONS:
            raise _Refused(400, "BadParameter", "api-version is missing, or is none that is known.")
        shape = [path[0], *(["name"] if path[1:] else [])]
        if path[2:]:
            shape.append(path[2] if path[2] in ("versions", "recover") else "version")
        right, method = self._ROUTES.get((request.method, "/".join(shape)), ("", ""))
        if not method:
            raise _Refused(404, "NotFound", "There is no such operation.")
        if path[1:] and not _NAME.fullmatch(path[1]):
            raise _Refused(400, "BadParameter", "The request URI contains an invalid name.")
        if right not in self.rights:
            message = f"Caller is not authorized to perform action on resource. Action: '{right}'"
            raise _Refused(403, "Forbidden", message, "ForbiddenByRbac")
        status, body = getattr(self, method)(request, path, query)
        return status, body

    def _list(self, _request: Request, _path: list[str], query: Mapping[str, str]) -> tuple[int, _Json]:
        live = [secret for _, secret in sorted(self._secrets.items()) if secret.deleted_at is None]
        items = [self._item(f"secrets/{secret.name}", secret.versions[-1]) for secret in live if secret.versions]
        return 200, self._page("secrets", items, query)

    def _list_versions(self, _request: Request, path: list[str], query: Mapping[str, str]) -> tuple[int, _Json]:
        secret = self._live(path[1])
        # In the order of their ids, which says nothing of their age.
        versions = sorted(secret.versions, key=lambda version: version.id)
        items = [self._item(f"secrets/{secret.name}/{version.id}", version) for version in versions]
        return 200, self._page(f"secrets/{secret.name}/versions", items, query)

    def _page(self, path: str, items: list[_Json], query: Mapping[str, str]) -> _Json:
        size, begin = min(int(query.get("maxresults", _PAGE)), _PAGE), int(query.get("$skiptoken", 0))
        link = f"{self.url}/{path}?api-version={query['api-version']}&$skiptoken={begin + size}&maxresults={size}"
        return {"value": items[begin : begin + size], "nextLink": link if items[begin + size :] else None}

    def _put(self, request: Request, path: list[str], _query: Mapping[str, str]) -> tuple[int, _Json]:
        version = self._add(path[1], request.json)
        return 200, self._bundle(self._found(path[1]), version)

    def _get(self, _request: Request, path: list[str], _query: Mapping[str, str]) -> tuple[int, _Json]:
        secret = self._live(path[1])
        version = self._version(secret, path[2]) if path[2:] and path[2] else secret.versions[-1]
        if not version.attributes["enabled"]:
            raise _Refused(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")
        return 200, self._bundle(secret, version)

    def _patch(self, request: Request, path: list[str], _query: Mapping[str, str]) -> tuple[int, _Json]:
        secret = self._live(path[1])
        version = self._version(secret, path[2])
        version.attributes |= {**request.json.get("attributes", {}), "updated": int(time.time())}
        version.tags = request.json.get("tags", version.tags)
        return 200, {**self._bundle(secret, version), "value": None}

    def _delete(self, _request: Request, path: list[str], _query: Mapping[str, str]) -> tuple[int, _Json]:
        secret = self._live(path[1])
        secret.deleted_at = int(time.time())
        return 200, self._deleted_bundle(secret)

    def _list_deleted(self, _request: Request, _path: list[str], query: Mapping[str, str]) -> tuple[int, _Json]:
        gone = [secret for _, secret in sorted(self._secrets.items()) if secret.deleted_at is not None]
        return 200, self._page("deletedsecrets", [self._deleted_bundle(secret) for secret in gone], query)

    def _get_deleted(self, _request: Request, path: list[str], _query: Mapping[str, str]) -> tuple[int, _Json]:
        return 200, self._deleted_bundle(self._deleted(path[1]))

    def _recover(self, _request: Request, path: list[str], _query: Mapping[str, str]) -> tuple[int, _Json]:
        secret = self._deleted(path[1])
        secret.deleted_at = None
        return 200, {**self._bundle(secret, secret.versions[-1]), "value": None}

    def _purge(self, _request: Request, path: list[str], _query: Mapping[str, str]) -> tuple[int, _Json]:
        del self._secrets[self._deleted(path[1]).name.lower()]
        return 204, {}

    def _add(self, name: str, body: Mapping[str, Any]) -> _Version:
        value = body.get("value")
        if not isinstance(value, str) or len(value.encode()) > _MOST_BYTES:
            raise _Refused(400, "BadParameter", "Property value is missing, or longer than 25 KB.")
        secret = self._secrets.setdefault(name.lower(), _Secret(name))
        if secret.deleted_at is not None:
            message = f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused."
            raise _Refused(409, "Conflict", message, "ObjectIsDeletedButRecoverable")
        now = int(time.time())
        attributes = {
            "enabled": True,
            **(body.get("attributes") or {}),
            "created": now,
            "updated": now,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": _KEPT_DAYS,
        }
        version = _Version(
            secrets.token_hex(16), value, attributes, dict(body.get("tags") or {}), body.get("contentType")
        )
        secret.versions.append(version)
        return version

    def _found(self, name: str) -> _Secret:
        if name.lower() not in self._secrets:
            message = f"A secret with (name/id) {name} was not found in this key vault."
            raise _Refused(404, "SecretNotFound", message)
        return self._secrets[name.lower()]

    def _live(self, name: str) -> _Secret:
        secret = self._found(name)
        if secret.deleted_at is not None:
            raise _Refused(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
        return secret

    def _deleted(self, name: str) -> _Secret:
        secret = self._found(name)
        if secret.deleted_at is None:
            raise _Refused(404, "SecretNotFound", f"Deleted Secret not found: {name}")
        return secret

    def _version(self, secret: _Secret, id: str) -> _Version:
        for version in secret.versions:
            if version.id == id:
                return version
        message = f"A secret with (name/id) {secret.name}/{id} was not found in this key vault."
        raise _Refused(404, "SecretNotFound", message)

    def _bundle(self, secret: _Secret, version: _Version) -> _Json:
        return {"value": version.value, **self._item(f"secrets/{secret.name}/{version.id}", version)}

    def _deleted_bundle(self, secret: _Secret) -> _Json:
        at = secret.deleted_at or 0
        return {
            "recoveryId": f"{self.url}/deletedsecrets/{secret.name}",
            "deletedDate": at,
            "scheduledPurgeDate": at + _KEPT_DAYS * 86_400,
            **self._item(f"secrets/{secret.name}/{secret.versions[-1].id}", secret.versions[-1]),
        }

    def _item(self, path: str, version: _Version) -> _Json:
        item: _Json = {"id": f"{self.url}/{path}", "attributes": version.attributes, "tags": version.tags}
        return item | ({"contentType": version.content_type} if version.content_type else {})


def _json(status: int, body: _Json, headers: Mapping[str, str] | None = None) -> Answer:
    content = b"" if status == 204 else json.dumps(body).encode()
    return Answer(status, content, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})
