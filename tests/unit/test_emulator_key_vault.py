"""The emulated Key Vault, as the unmodified SDK and a bare client find it."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from attrs import define
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient

from sophia.testing.azure import StaticTokenCredential
from sophia.testing.emulators.certificates import issue_certificates
from sophia.testing.emulators.key_vault import SECRETS_USER, KeyVaultEmulator

TOKEN = "a-token"


@define
class Met:
    """The emulator, by the SDK and by hand."""

    emulator: KeyVaultEmulator
    sdk: SecretClient
    http: httpx.Client

    def get(self, path: str, token: str | None = TOKEN) -> httpx.Response:
        return self.http.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})


@pytest.fixture
def met(tmp_path) -> Iterator[Met]:
    certificates = issue_certificates(tmp_path)
    trusted = str(certificates.ca_file)
    with (
        KeyVaultEmulator(TOKEN.__eq__, certificates.server) as emulator,
        SecretClient(
            emulator.url,
            StaticTokenCredential(TOKEN),
            verify_challenge_resource=False,
            connection_verify=trusted,
            retry_total=0,
        ) as sdk,
        httpx.Client(base_url=emulator.url, verify=ssl.create_default_context(cafile=trusted)) as http,
    ):
        yield Met(emulator, sdk, http)


@pytest.mark.parametrize("token", [None, "another"])
def test_who_has_no_token_of_its_own_is_told_where_to_get_one(met: Met, token: str | None) -> None:
    refused = met.get("/secrets?api-version=7.6", token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "Unauthorized")
    scheme, _, challenge = refused.headers["www-authenticate"].partition(" ")
    named = dict(part.strip().split("=") for part in challenge.split(","))
    assert scheme == "Bearer"
    assert named["resource"] == '"https://vault.azure.net"'
    assert named["authorization"].startswith('"https://login.microsoftonline.com/')


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/secrets", 400, "BadParameter"),
        ("/secrets?api-version=1.0", 400, "BadParameter"),
        ("/secrets/a_b?api-version=7.6", 400, "BadParameter"),
        ("/secrets/none?api-version=7.6", 404, "SecretNotFound"),
        ("/secrets/none/versions?api-version=7.6", 404, "SecretNotFound"),
        ("/deletedsecrets/none?api-version=7.6", 404, "SecretNotFound"),
        ("/keys?api-version=7.6", 404, "NotFound"),
    ],
)
def test_what_cannot_be_asked_is_refused_as_the_service_does(met: Met, path: str, status: int, code: str) -> None:
    refused = met.get(path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


def test_a_secret_has_versions_and_one_name_whatever_its_case(met: Met) -> None:
    first = met.sdk.set_secret("Token", "one", tags={"a": "b"}, content_type="text/plain")
    second = met.sdk.set_secret("token", "two")
    assert met.sdk.get_secret("TOKEN").value == "two"
    assert met.sdk.get_secret("token", first.properties.version).value == "one"
    versions = {version.version: version for version in met.sdk.list_properties_of_secret_versions("token")}
    assert set(versions) == {first.properties.version, second.properties.version}
    kept = versions[first.properties.version]
    assert (kept.tags, kept.content_type, kept.enabled) == ({"a": "b"}, "text/plain", True)
    assert abs(datetime.now(UTC) - kept.created_on) < timedelta(minutes=5)
    with pytest.raises(ResourceNotFoundError):
        met.sdk.get_secret("token", "0" * 32)
    with pytest.raises(HttpResponseError, match="25 KB"):
        met.sdk.set_secret("token", "x" * 26_000)


def test_a_list_comes_in_pages_and_tells_no_value(met: Met) -> None:
    for n in range(53):
        met.sdk.set_secret(f"n-{n:02}", "canary")
    pages = [list(page) for page in met.sdk.list_properties_of_secrets().by_page()]
    assert [len(page) for page in pages] == [25, 25, 3]
    assert [secret.name for page in pages for secret in page] == [f"n-{n:02}" for n in range(53)]
    assert "canary" not in met.get("/secrets?api-version=7.6").text
    assert len(met.get("/secrets?api-version=7.6&maxresults=4").json()["value"]) == 4


def test_a_version_can_be_disabled_and_enabled_and_has_its_time(met: Met) -> None:
    version: Any = met.sdk.set_secret("token", "one").properties.version
    until = datetime(2020, 1, 1, tzinfo=UTC)
    met.sdk.update_secret_properties("token", version, enabled=False, expires_on=until, tags={"x": "y"})
    with pytest.raises(HttpResponseError, match="SecretDisabled") as caught:
        met.sdk.get_secret("token")
    assert caught.value.status_code == 403
    met.sdk.update_secret_properties("token", version, enabled=True)
    # It is given out all the same: the dates are the caller's to look at.
    found = met.sdk.get_secret("token")
    assert (found.value, found.properties.expires_on, found.properties.tags) == ("one", until, {"x": "y"})


def test_what_is_deleted_can_be_recovered_until_it_is_purged(met: Met) -> None:
    met.sdk.set_secret("token", "one")
    deleted = met.sdk.begin_delete_secret("token").result()
    assert deleted.scheduled_purge_date - deleted.deleted_date == timedelta(days=90)
    assert [secret.name for secret in met.sdk.list_deleted_secrets()] == ["token"]
    assert list(met.sdk.list_properties_of_secrets()) == []
    with pytest.raises(ResourceNotFoundError):
        met.sdk.get_secret("token")
    with pytest.raises(ResourceExistsError, match="ObjectIsDeletedButRecoverable"):
        met.sdk.set_secret("token", "two")
    met.sdk.begin_recover_deleted_secret("token").result()
    assert met.sdk.get_secret("token").value == "one"
    met.sdk.begin_delete_secret("token").result()
    met.sdk.purge_deleted_secret("token")
    assert met.sdk.set_secret("token", "two").value == "two"


def test_a_role_allows_what_it_says(met: Met) -> None:
    met.sdk.set_secret("token", "one")
    met.emulator.rights = SECRETS_USER
    assert met.sdk.get_secret("token").value == "one"
    assert len(list(met.sdk.list_properties_of_secrets())) == 1
    for refused in (
        lambda: met.sdk.set_secret("token", "two"),
        lambda: met.sdk.begin_delete_secret("token"),
        lambda: met.sdk.get_deleted_secret("token"),
        lambda: met.sdk.purge_deleted_secret("token"),
    ):
        with pytest.raises(HttpResponseError, match="ForbiddenByRbac"):
            refused()
