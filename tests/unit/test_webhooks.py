"""The secrets that companies' backends sign with, from their vaults to the check of a signature."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from sophia.adapters.standard_webhooks.verifier import mint_webhook_secrets
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.secrets import Secret
from sophia.errors import Unauthenticated, Unavailable

OLD, NEW = (mint_webhook_secrets(["acme"])["acme"] for _ in range(2))
BODY = json.dumps({"version": 1, "state": "accepted"}).encode()


def signed(secret: str) -> dict[str, str]:
    at = datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, BODY.decode()),
    }


def test_each_company_has_its_own_and_a_new_one_is_taken_at_once(tmp_path: Path) -> None:
    sophia = Sophia(parse_settings({"companies": [{"id": "acme"}, {"id": "globex"}]}, tmp_path))
    sophia.set_credential("acme", "backend", "webhook", Secret(OLD))
    services = sophia.services
    assert services.authenticate_webhook("acme", BODY, signed(OLD)).company_id == "acme"
    sophia.set_credential("acme", "backend", "webhook", Secret(NEW))
    assert services.authenticate_webhook("acme", BODY, signed(NEW)).user_id == "system:webhook"
    for company, secret in (("acme", OLD), ("globex", NEW), ("nowhere", NEW)):
        with pytest.raises(Unauthenticated):
            services.authenticate_webhook(company, BODY, signed(secret))


def test_a_vault_that_does_not_open_is_no_fault_of_the_callers(tmp_path: Path) -> None:
    settings = parse_settings({"companies": [{"id": "acme"}]}, tmp_path)
    sophia = Sophia(settings)
    sophia.set_credential("acme", "backend", "webhook", Secret(OLD))
    settings.vault_key_file.unlink()
    with pytest.raises(Unavailable):
        sophia.services.authenticate_webhook("acme", BODY, signed(OLD))
