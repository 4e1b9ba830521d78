"""The keys that tokens are signed with."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt

from sophia.adapters.http.client import HttpClient
from sophia.domain.secrets import Secret
from sophia.errors import ConfigurationError, Fault, Unauthenticated, Unavailable
from sophia.ports.vault import Credential

__all__ = ["JwksKeys", "SharedSecret", "SigningKeys"]

_LEAST_SECRET_BYTES = 32
"""RFC 7518, section 3.2: a key of HS256 is no shorter than its hash."""

_OK = 200
_TIMEOUT = 5.0  # seconds that an answer may take
_LIFESPAN = 300.0  # seconds that keys are kept
_COOLDOWN = 30.0  # seconds between two looks for a key that is not there
_REST = 5.0  # seconds after a failure before the next try


class SigningKeys(Protocol):
    """Finds the key of a token."""

    def find(self, key_id: object) -> Iterator[jwt.PyJWK]:
        """The keys that a token of this ``kid`` (None: it names none) may be signed with, likeliest first.

        The next is asked for only where one has not signed it.

        Raises:
            Unauthenticated: there is none.
            Unavailable: where the keys are to be had does not answer.
        """
        ...

    def check(self) -> None:
        """Pass when keys can be had.

        Raises:
            ConfigurationError: what there is cannot be used.
            Unavailable: as for ``find``.
        """
        ...


class SharedSecret(SigningKeys):
    """The secret of HS256, out of the platform's vault. Whoever has it can make tokens as well as check them."""

    def __init__(self, secret: Credential) -> None:
        self._secret = secret

    def find(self, key_id: object) -> Iterator[jwt.PyJWK]:  # noqa: ARG002 -- whatever a token calls it
        """See `SigningKeys`. A token that it has not signed may be signed with a newer one."""
        secret = self._secret()
        yield _key(secret)
        if (fresh := self._secret.renewed(secret)) is not None:
            yield _key(fresh)

    def check(self) -> None:
        """See `SigningKeys`."""
        check_shared_secret(self._secret())


class JwksKeys(SigningKeys):
    """The keys that an issuer publishes at a URL (RFC 7517, section 5); only there, and no redirect is followed.

    They are kept for five minutes. For a key that is not among them it is looked again, at most twice a minute.
    """

    def __init__(self, url: str) -> None:
        self._client = _JwksClient(url)
        self._lock = threading.Lock()
        self._failed_at = -_REST

    def find(self, key_id: object) -> Iterator[jwt.PyJWK]:
        """See `SigningKeys`."""
        if not isinstance(key_id, str):
            raise Unauthenticated("the token is not valid")
        with self._lock:
            resting = time.monotonic() - self._failed_at < _REST
        if resting:
            raise Unavailable("identity provider", "its keys cannot be had", retry_after=_REST)
        with self._watched():
            key = self._client.get_signing_key(key_id)
        yield key

    def check(self) -> None:
        """See `SigningKeys`. They are looked up anew."""
        try:
            with self._watched():
                self._client.get_signing_keys(refresh=True)
        except Unauthenticated as error:
            raise Unavailable("identity provider", "publishes no keys that tokens are signed with") from error

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except (jwt.PyJWKClientConnectionError, Unavailable) as error:
            self._failed()
            raise Unavailable("identity provider", "its keys cannot be had", retry_after=_REST) from error
        except (jwt.PyJWKSetError, ValueError) as error:
            self._failed()
            raise Unavailable("identity provider", "its keys cannot be read", retry_after=_REST) from error
        except jwt.PyJWKClientError as error:
            raise Unauthenticated("the token is not valid") from error

    def _failed(self) -> None:
        with self._lock:
            self._failed_at = time.monotonic()


def _key(secret: Secret) -> jwt.PyJWK:
    check_shared_secret(secret)
    encoded = base64.urlsafe_b64encode(secret.reveal().encode()).rstrip(b"=").decode()
    return jwt.PyJWK({"kty": "oct", "k": encoded, "alg": "HS256"})


class _JwksClient(jwt.PyJWKClient):
    """Asks as SOPHIA asks others: what comes is bounded, no proxy is used, and some addresses are never called."""

    def __init__(self, url: str) -> None:
        super().__init__(url, lifespan=_LIFESPAN, cooldown_duration=_COOLDOWN, cache_keys=False)
        parts = urlsplit(url)
        self._http = HttpClient("identity provider", f"{parts.scheme}://{parts.netloc}", _TIMEOUT)
        self._path = parts._replace(scheme="", netloc="", fragment="").geturl()

    def fetch_data(self) -> Any:
        """See `jwt.PyJWKClient`, which keeps what comes."""
        reply = self._http.get(self._path, {"Accept": "application/jwk-set+json, application/json"})
        if reply.status != _OK:
            raise jwt.PyJWKClientConnectionError(f"HTTP {reply.status}")
        if not isinstance(reply.json, dict):
            raise jwt.PyJWKSetError("no JSON object")
        return reply.json


def check_shared_secret(secret: Secret) -> None:
    """Pass when a secret is long enough to sign tokens with.

    Raises:
        ConfigurationError: it is not.
    """
    if len(secret.reveal().encode()) < _LEAST_SECRET_BYTES:
        detail = f"the secret that tokens are signed with has fewer than {_LEAST_SECRET_BYTES} bytes"
        raise ConfigurationError(Fault("/auth/secret", detail))
