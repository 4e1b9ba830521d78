"""Messages signed as Standard Webhooks."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

from sophia.errors import Unauthenticated, Unavailable
from sophia.ports.identity import WebhookVerifier

__all__ = ["StandardWebhookVerifier", "check_webhook_secret", "mint_webhook_secrets"]

_SECRET_BYTES = 32


def mint_webhook_secrets(company_ids: Iterable[str]) -> dict[str, str]:
    """A fresh secret for each company, as the specification writes one."""
    return {id_: f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}" for id_ in company_ids}


class StandardWebhookVerifier(WebhookVerifier):
    """Checks symmetric signatures (``v1``), by the specification's own library: in constant time, within 5 minutes.

    One of several signatures is enough, so that the sender can change its secret. The signature covers the id, the
    time and the body of a message, not where it was sent.

    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

    Args:
        secret_of: the secret of a company; None where there is none. May raise `Unavailable`.
        renewed: the secret that a company has by now in the place of one that a message is not signed with, or None.
    """

    def __init__(
        self,
        secret_of: Callable[[str], str | None],
        renewed: Callable[[str, str], str | None] = lambda _company, _refused: None,
    ) -> None:
        self._secret_of = secret_of
        self._renewed = renewed

    def verify(self, company_id: str, body: bytes, headers: Mapping[str, str]) -> None:
        """See `WebhookVerifier`."""
        secret = self._secret_of(company_id)
        if not secret:
            raise _refused()
        try:
            _check(secret, body, headers)
        except Unauthenticated:
            if not (fresh := self._renewed(company_id, secret)):
                raise
            _check(fresh, body, headers)


def check_webhook_secret(secret: str) -> Webhook:
    """What checks messages with a secret.

    Raises:
        Unavailable: the secret is none.
    """
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise Unavailable("webhooks", "the secret of this company cannot be used") from error


def _check(secret: str, body: bytes, headers: Mapping[str, str]) -> None:
    webhook = check_webhook_secret(secret)
    try:
        webhook.verify(body, dict(headers), json_parse=False)
    # The library lets through what its own parsing of a broken header raises.
    except (WebhookVerificationError, ValueError) as error:
        raise _refused() from error


def _refused() -> Unauthenticated:
    return Unauthenticated("the message is not signed as one of this company's backend, or not lately")
