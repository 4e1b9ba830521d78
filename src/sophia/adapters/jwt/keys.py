"""The keys that tokens are signed with."""

import base64
import threading
import time
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt

from sophia.adapters.http.client import HttpClient
from sophia.domain.secrets import Credential, Secret
from sophia.errors import ConfigurationError, Fault, Unauthenticated, Unavailable

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

    def find(self, key_id: object) -> jwt.PyJWK:
        """The key of this ``kid`` (None: the token names none).

        Raises:
            Unauthenticated: there is none.
            Unavailable: where the keys are to be had does not answer.
        """
        ...


class SharedSecret(SigningKeys):
    """The secret of HS256, out of the platform's vault. Whoever has it can make tokens as well as check them."""

    def __init__(self, secret: Credential) -> None:
        self._secret = secret

    def find(self, key_id: object) -> jwt.PyJWK:  # noqa: ARG002 -- there is one key, whatever a token calls it
        """See `SigningKeys`. It is looked up each time, so that a new one is in effect at once."""
        secret = self._secret()
        check_shared_secret(secret)
        encoded = base64.urlsafe_b64encode(secret.reveal().encode()).rstrip(b"=").decode()
        return jwt.PyJWK({"kty": "oct", "k": encoded, "alg": "HS256"})


class JwksKeys(SigningKeys):
    """The keys that an issuer publishes at a URL (RFC 7517, section 5); only there, and no redirect is followed.

    They are kept for five minutes. For a key that is not among them it is looked again, at most twice a minute.
    """

    def __init__(self, url: str) -> None:
        self._client = _JwksClient(url)
        self._lock = threading.Lock()
        self._failed_at = -_REST

    def find(self, key_id: object) -> jwt.PyJWK:
        """See `SigningKeys`."""
        if not isinstance(key_id, str):
            raise Unauthenticated("the token is not valid")
        with self._lock:
            resting = time.monotonic() - self._failed_at < _REST
        if resting:
            raise Unavailable("identity provider", "its keys cannot be had", retry_after=_REST)
        try:
            return self._client.get_signing_key(key_id)
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
