"""What checks bearer tokens, as the settings say."""

from sophia.adapters.jwt.keys import JwksKeys, SharedSecret, SigningKeys
from sophia.adapters.jwt.verifier import JwtRules, JwtVerifier
from sophia.application.credentials import Credentials
from sophia.bootstrap.credentials import named_credential
from sophia.bootstrap.settings import AuthSettings
from sophia.errors import Unauthenticated
from sophia.ports.identity import Claims, TokenVerifier

__all__ = ["open_keys", "open_tokens"]


class _NoTokens(TokenVerifier):
    def verify(self, token: str) -> Claims:  # noqa: ARG002
        raise Unauthenticated("bearer tokens are not taken here: no key to check them with is configured")


def open_keys(auth: AuthSettings, credentials: Credentials) -> SigningKeys | None:
    """What tokens are checked with, as the settings say; None where they name nothing."""
    if auth.jwks_url:
        return JwksKeys(auth.jwks_url)
    return SharedSecret(named_credential(credentials, auth.secret)) if auth.secret else None


def open_tokens(auth: AuthSettings, credentials: Credentials) -> TokenVerifier:
    """The verifier of tokens that the settings ask for; one that takes none where they name no key."""
    keys = open_keys(auth, credentials)
    if keys is None:
        return _NoTokens()
    return JwtVerifier(JwtRules(auth.algorithms or ("HS256",), auth.issuer, auth.audience), keys)
