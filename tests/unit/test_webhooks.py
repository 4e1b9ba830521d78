"""The secrets that companies' backends sign with, from the settings to the check of a signature."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from sophia.adapters.standard_webhooks.verifier import mint_webhook_secrets
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.bootstrap.webhooks import WebhookSecretFiles
from sophia.errors import ConfigurationError, Unauthenticated, Unavailable

OLD, NEW = (mint_webhook_secrets(["acme"])["acme"] for _ in range(2))
BODY = json.dumps({"version": 1, "state": "accepted"}).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.secret"
    path.write_text(f"{OLD}\n")
    path.chmod(0o600)
    return path


def signed(secret: str) -> dict[str, str]:
    at = datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, BODY.decode()),
    }


def test_the_settings_name_the_file_and_a_new_secret_is_taken_at_once(file: Path) -> None:
    companies = [{"id": "acme", "webhook_secret_file": file.name}, {"id": "globex"}]
    services = Sophia(parse_settings({"companies": companies}, file.parent)).services
    assert services.authenticate_webhook("acme", BODY, signed(OLD)).company_id == "acme"
    file.write_text(NEW)
    assert services.authenticate_webhook("acme", BODY, signed(NEW)).user_id == "system:webhook"
    for company, secret in (("acme", OLD), ("globex", NEW), ("nowhere", NEW)):
        with pytest.raises(Unauthenticated):
            services.authenticate_webhook(company, BODY, signed(secret))


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_text(""), lambda path: path.chmod(0o604)])
def test_a_file_that_cannot_be_used_is_named_at_the_start_and_not_to_callers(file: Path, spoil) -> None:
    secrets = WebhookSecretFiles({"acme": file})
    assert (secrets("acme"), secrets("globex")) == (OLD, None)
    spoil(file)
    with pytest.raises(Unavailable) as told:
        secrets("acme")
    assert str(file) not in str(told.value)
    with pytest.raises(ConfigurationError, match="/companies/acme/webhook_secret_file"):
        WebhookSecretFiles({"acme": file})
