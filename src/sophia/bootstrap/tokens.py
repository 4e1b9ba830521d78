"""What checks bearer tokens, as the settings say."""

from sophia.adapters.jwt.keys import JwksKeys, SharedSecret
from sophia.adapters.jwt.verifier import JwtRules, JwtVerifier
from sophia.bootstrap.credentials import PlatformCredential
from sophia.bootstrap.settings import AuthSettings
from sophia.errors import Unauthenticated
from sophia.ports.identity import Claims, TokenVerifier
from sophia.ports.vault import PlatformVault

__all__ = ["open_tokens"]


class _NoTokens(TokenVerifier):
    def verify(self, token: str) -> Claims:  # noqa: ARG002
        raise Unauthenticated("bearer tokens are not taken here: no key to check them with is configured")


def open_tokens(auth: AuthSettings, vault: PlatformVault) -> TokenVerifier:
    """The verifier of tokens that the settings ask for; one that takes none where they name no key."""
    rules = JwtRules(auth.algorithms or ("HS256",), auth.issuer, auth.audience)
    if auth.jwks_url:
        return JwtVerifier(rules, JwksKeys(auth.jwks_url))
    if auth.secret:
        return JwtVerifier(rules, SharedSecret(PlatformCredential(vault, auth.secret)))
    return _NoTokens()
