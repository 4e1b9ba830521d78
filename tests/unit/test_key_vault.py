"""Secrets in Azure Key Vault: their names, the challenge, and everything that a vault says instead of a secret."""

import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from azure.core.credentials import AccessTokenInfo, TokenRequestOptions
from azure.core.exceptions import ClientAuthenticationError
from azure.keyvault.secrets import SecretClient
from hypothesis import given
from hypothesis import strategies as st

from sophia.adapters.key_vault.names import place_of, secret_name
from sophia.adapters.key_vault.vault import KeyVault
from sophia.domain.secrets import Secret
from sophia.errors import CredentialRefused, InvalidInput, NotFound, Unavailable
from sophia.testing.azure import StaticTokenCredential
from sophia.testing.emulators.certificates import Certificates, issue_certificates
from sophia.testing.emulators.key_vault import RESOURCE, SECRETS_USER, KeyVaultEmulator
from sophia.testing.emulators.server import LoopbackServer, Request, nobody_listens
from sophia.testing.emulators.system import Fault, html_page

TOKEN, VALUE = "canary-of-the-token", "canary-of-the-secret"
STORED = "sophia--acme--splunk--api"
HOUR = 3600

# Names

owners = st.none() | st.text(min_size=1, max_size=12)
words = st.text("abcxyz0189-", min_size=1, max_size=12)
places = st.tuples(owners, words, words)


@given(places, places)
def test_a_name_fits_leads_back_and_is_that_of_one_place(
    one: tuple[str | None, str, str], other: tuple[str | None, str, str]
) -> None:
    try:
        stored, others = secret_name(*one), secret_name(*other)
    except InvalidInput:
        return  # the next test has those
    assert re.fullmatch("[0-9a-z-]{1,127}", stored)
    # Whatever case the vault gives it back in.
    assert place_of(one[0], stored.upper()) == one[1:]
    assert (stored == others) == (one == other)
    if one[0] != other[0]:
        assert place_of(other[0], stored) is None


@pytest.mark.parametrize(
    ("place", "stored"),
    [
        (("acme", "splunk", "api"), "sophia--acme--splunk--api"),
        ((None, "auth", "jwt-secret"), "sophia-platform--auth--jwt-secret"),
        (("platform", "auth", "jwt-secret"), "sophia--platform--auth--jwt-secret"),
        (("ACME", "splunk", "api"), "sophia---ifbu2ri--splunk--api"),
        (("acme", "-", "a--b"), "sophia--acme---fu---mews2yq"),
    ],
)
def test_a_plain_name_can_be_read_by_who_runs_the_vault(place: tuple[str | None, str, str], stored: str) -> None:
    assert secret_name(*place) == stored


TOO_LONG = [("a" * 100, "splunk", "api-token-1"), (None, "c" * 60, "n" * 60), ("É" * 40, "splunk", "api")]


@pytest.mark.parametrize("place", [*TOO_LONG, ("", "splunk", "api")])
def test_what_does_not_fit_is_said_so(place: tuple[str | None, str, str]) -> None:
    with pytest.raises(InvalidInput, match="127 fit"):
        secret_name(*place)


SOMEBODY_ELSES = ["", "sophia", "other--acme--splunk--api", "sophia--acme--splunk", "sophia--acme--splunk--api--more"]
NOT_WRITTEN_SO = ["sophia--acme---onygc4i--api", "sophia--acme---ifbu2rj--api", "sophia--acme---74--api"]
"""In base32 what needs none, with other bits in its last letter, and what is no UTF-8."""


@pytest.mark.parametrize("stored", [*SOMEBODY_ELSES, *NOT_WRITTEN_SO])
def test_other_secrets_of_the_vault_are_nobodys(stored: str) -> None:
    assert place_of("acme", stored) is None
    assert place_of(None, stored) is None


# One vault


@define
class Site:
    """A vault in an emulator, and what goes wrong with it at the moment."""

    emulator: KeyVaultEmulator
    vault: KeyVault
    certificates: Certificates
    identity: StaticTokenCredential
    tokens: set[str]
    fault: Callable[[Request], Fault | None] = field(default=lambda _: None)

    def read(self) -> str:
        return self.vault.secret("acme", "splunk", "api").reveal()

    def refusal(self, kind: type[Unavailable] = Unavailable) -> Unavailable:
        """What is said instead of the secret: of exactly this kind, and without a secret."""
        with pytest.raises(Unavailable) as caught:
            self.read()
        assert type(caught.value) is kind
        assert "canary" not in str(caught.value)
        return caught.value


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return issue_certificates(tmp_path_factory.mktemp("tls"), "acme.vault.azure.net")


@pytest.fixture
def site(certificates: Certificates, caplog: pytest.LogCaptureFixture) -> Iterator[Site]:
    caplog.set_level(logging.DEBUG)
    tokens, identity = {TOKEN}, StaticTokenCredential(TOKEN)

    def fault(request: Request) -> Fault | None:
        return made.fault(request)

    with KeyVaultEmulator(tokens.__contains__, certificates.server, faults=fault) as emulator:
        emulator.set(STORED, VALUE)
        made = Site(emulator, KeyVault(emulator.url, identity, certificates.ca_file), certificates, identity, tokens)
        yield made
    assert "canary" not in caplog.text


def test_it_asks_without_a_token_first_and_for_the_one_that_the_vault_names(site: Site) -> None:
    site.vault.put("acme", "splunk", "api", Secret("new"))
    first, second = site.emulator.requests
    assert ("authorization" in first.headers, first.body) == (False, b"")
    assert second.headers["authorization"] == f"Bearer {TOKEN}"
    assert site.identity.asked == [f"{RESOURCE}/.default"]
    assert site.read() == "new"
    # One token for all that is asked later.
    assert len(site.emulator.requests) == 3
    assert len(site.identity.asked) == 1


def test_each_put_is_a_version_more(site: Site) -> None:
    for value in ("two", "three"):
        site.vault.put("acme", "splunk", "api", Secret(value))
    assert site.emulator.versions(STORED) == [VALUE, "two", "three"]
    assert site.read() == "three"


def test_the_list_is_read_to_its_last_page_and_holds_nothing_of_anybody_else(site: Site) -> None:
    wanted = [("many", f"n-{n:02}") for n in range(60)]
    for place in wanted:
        site.emulator.set(secret_name("globex", *place), "x")
        site.emulator.set(secret_name(None, *place), "x")
    site.emulator.set("somebody-elses", "x")
    assert site.vault.names("globex") == tuple(wanted)
    assert site.vault.names(None) == tuple(wanted)
    assert site.vault.names("acme") == (("splunk", "api"),)
    assert site.vault.names("nobody") == ()
    # All four from one reading of its five pages, until something is put.
    assert sum(request.path.startswith("/secrets?") for request in site.emulator.requests) == 1 + 5
    site.vault.put("nobody", "splunk", "api", Secret("x"))
    assert site.vault.names("nobody") == (("splunk", "api"),)


def test_many_threads_at_once_from_the_first_request_on(site: Site) -> None:
    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(lambda _: site.read(), range(64))) == {VALUE}


# What was added


def test_what_is_put_stands_whatever_was_added_before_or_comes_late(site: Site) -> None:
    assert site.vault.add(None, "audit", "key", Secret("first")).reveal() == "first"
    site.vault.put(None, "audit", "key", Secret("put"))
    assert site.vault.secret(None, "audit", "key").reveal() == "put"
    # Somebody who saw nothing there, and was slow since.
    with SecretClient(
        site.emulator.url,
        site.identity,
        verify_challenge_resource=False,
        connection_verify=str(site.certificates.ca_file),
    ) as slow:
        slow.set_secret(secret_name(None, "audit", "key"), "late", tags={"sophia-added": "true"})
    assert site.vault.secret(None, "audit", "key").reveal() == "put"


def test_a_vault_that_has_a_secret_already_is_asked_once_and_changed_by_no_add(site: Site) -> None:
    assert site.vault.add("acme", "splunk", "api", Secret("another")).reveal() == VALUE
    assert site.emulator.versions(STORED) == [VALUE]


# What the vault answers instead


def test_a_secret_that_is_disabled_is_told_from_one_that_is_not_there(site: Site) -> None:
    site.emulator.set(STORED, "x", enabled=False)
    assert "splunk/api is disabled" in str(site.refusal(CredentialRefused))


def test_a_secret_out_of_its_time_is_not_used_though_the_vault_gives_it_out(site: Site) -> None:
    site.emulator.set(STORED, "canary", exp=int(time.time()) - HOUR)
    assert "splunk/api has expired" in str(site.refusal(CredentialRefused))
    site.emulator.set(STORED, "canary", nbf=int(time.time()) + HOUR)
    assert "not to be used before" in str(site.refusal(CredentialRefused))
    site.emulator.set(STORED, "x", nbf=int(time.time()) - HOUR, exp=int(time.time()) + HOUR)
    assert site.read() == "x"


def test_a_secret_that_was_deleted_is_said_to_be_and_how_it_is_had_back(site: Site) -> None:
    site.emulator.delete(STORED)
    assert f"az keyvault secret recover --vault-name … --name {STORED}" in str(site.refusal(CredentialRefused))
    with pytest.raises(CredentialRefused, match="recover or purge it first"):
        site.vault.put("acme", "splunk", "api", Secret("new"))
    assert site.vault.names("acme") == ()
    # An identity that may only read cannot tell.
    site.emulator.rights = SECRETS_USER
    with pytest.raises(NotFound):
        site.read()


def test_an_identity_without_the_role_is_told_which(site: Site) -> None:
    site.emulator.rights = SECRETS_USER
    assert site.read() == VALUE
    assert site.vault.names("acme") == (("splunk", "api"),)
    with pytest.raises(CredentialRefused, match="Key Vault Secrets Officer"):
        site.vault.put("acme", "splunk", "api", Secret("new"))
    site.emulator.rights = frozenset()
    assert "Key Vault Secrets User" in str(site.refusal(CredentialRefused))
    another = KeyVault(site.emulator.url, site.identity, site.certificates.ca_file)
    with pytest.raises(CredentialRefused, match="list of its secrets"):
        another.names("acme")


def test_a_firewall_and_a_token_of_another_directory_are_told_apart_from_a_role(site: Site) -> None:
    site.fault = lambda _: Fault(status=403)
    assert "firewall" in str(site.refusal(CredentialRefused))
    site.fault = lambda _: None
    site.tokens.clear()
    assert "does not take SOPHIA's token (HTTP 401)" in str(site.refusal(CredentialRefused))


@pytest.mark.parametrize("value", ["canary on\ntwo lines", "cañary", "", "canary" * 3000])
def test_what_somebody_else_has_put_there_and_is_no_secret_is_not_shown_to_anybody(site: Site, value: str) -> None:
    site.emulator.set(STORED, value)
    assert "holds what is no secret" in str(site.refusal(CredentialRefused))


# What the vault does not answer


def test_a_vault_that_is_asked_too_often_says_how_long_to_leave_it_alone(site: Site) -> None:
    site.fault = lambda _: Fault(status=429, headers={"Retry-After": "7"})
    refusal = site.refusal()
    assert ("HTTP 429" in str(refusal), refusal.retry_after) == (True, 7.0)
    # Nobody waits for that long here, and nobody asks again meanwhile.
    assert len(site.emulator.requests) == 1


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(status=503), "fails (HTTP 503)"),
        (html_page(502), "fails (HTTP 502)"),
        (html_page(200), "sends what is no answer of a vault"),
        (Fault(body=b"[]", headers={"Content-Type": "application/json"}), "sends what is no answer of a vault"),
        (Fault(status=302, body=b"", headers={"Location": "https://elsewhere.example/"}), "(HTTP 302)"),
        (Fault(cuts=True), "has sent no answer"),
        (Fault(cuts_after=20), "sends what is no answer of a vault"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_answer_is_an_outage(site: Site, fault: Fault, says: str) -> None:
    assert site.read() == VALUE
    site.fault = lambda _: fault
    assert says in str(site.refusal())


def test_one_connection_that_breaks_is_nothing(site: Site) -> None:
    assert site.read() == VALUE
    faults = iter([Fault(cuts=True)])
    site.fault = lambda _: next(faults, None)
    assert site.read() == VALUE


def test_nobody_there_and_nobody_whom_to_trust(site: Site, certificates: Certificates) -> None:
    with nobody_listens() as url:
        absent = KeyVault(url.replace("http:", "https:"), site.identity, certificates.ca_file)
        with pytest.raises(Unavailable, match="cannot be reached"):
            absent.names(None)
    with pytest.raises(Unavailable, match="its certificate is not to be trusted"):
        KeyVault(site.emulator.url, site.identity).names(None)
    with LoopbackServer(lambda _, exchange: exchange.send(200, b"{}")) as plain:
        with pytest.raises(Unavailable):
            KeyVault(plain.url, site.identity).names(None)
        assert plain.requests == []
    assert site.identity.asked == []


def test_an_identity_that_gives_no_token_is_named_with_its_code(site: Site) -> None:
    class Refused(StaticTokenCredential):
        def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
            raise ClientAuthenticationError(f"AADSTS700027: the assertion {TOKEN} is signed with another key")

    vault = KeyVault(site.emulator.url, Refused(TOKEN), site.certificates.ca_file)
    with pytest.raises(Unavailable) as caught:
        vault.names(None)
    assert str(caught.value) == "azure identity: gives SOPHIA no token (AADSTS700027); see [azure]"


# To whom a token goes


@pytest.fixture
def in_azure(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes the address of a vault on this machine one of Azure's."""
    looked_up = socket.getaddrinfo

    def getaddrinfo(host: str, *args: Any, **kwargs: Any) -> Any:
        return looked_up("127.0.0.1" if host == "acme.vault.azure.net" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificates.ca_file))
    return lambda url: url.replace("127.0.0.1", "acme.vault.azure.net")


@pytest.mark.parametrize(
    "resource", ["https://graph.microsoft.com", "https://azure.net.example", "https://vault.azure.com"]
)
def test_no_token_goes_to_a_vault_that_wants_one_for_somebody_else(
    in_azure: Callable[[str], str], certificates: Certificates, resource: str
) -> None:
    with KeyVaultEmulator({TOKEN}.__contains__, certificates.server, resource=resource) as emulator:
        identity = StaticTokenCredential(TOKEN)
        with pytest.raises(CredentialRefused, match="a token that is not for a vault at this address"):
            KeyVault(in_azure(emulator.url), identity).secret(None, "auth", "jwt-secret")
        assert identity.asked == []
        assert all("authorization" not in request.headers for request in emulator.requests)


def test_a_vault_of_azures_is_trusted_by_the_machines_certificates_and_its_own_domain(
    in_azure: Callable[[str], str], certificates: Certificates
) -> None:
    emulator = KeyVaultEmulator({TOKEN}.__contains__, certificates.server)
    # Where it is not the usual one, the port is part of the domain.
    emulator.resource = f"https://vault.azure.net:{emulator.url.rpartition(':')[2]}"
    with emulator:
        emulator.set("sophia-platform--auth--jwt-secret", VALUE)
        vault = KeyVault(in_azure(emulator.url), StaticTokenCredential(TOKEN), Path("/nowhere/ca.pem"))
        assert vault.secret(None, "auth", "jwt-secret").reveal() == VALUE
