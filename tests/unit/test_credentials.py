"""A secret that is changed while SOPHIA works: seen within the cache time, or when somebody refuses the old one."""

import logging
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from attrs import define, field
from standardwebhooks import Webhook

from sophia.adapters.backend.audit import RestAuditSink
from sophia.adapters.backend.desk import RestTicketDesk
from sophia.adapters.backend.directory import RestTenantDirectory
from sophia.adapters.backend.route import Route
from sophia.adapters.ed25519.signer import Ed25519Signer
from sophia.adapters.file_vault.vault import VaultFile
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.runtime import OpenAIAgentRuntime
from sophia.adapters.standard_webhooks.verifier import StandardWebhookVerifier, mint_webhook_secrets
from sophia.application.credentials import CachedCredential, Credentials, RecordOutages
from sophia.application.deliver_tickets import DeliverTickets
from sophia.application.identity import SystemIdentity
from sophia.application.tickets import TellThread
from sophia.bootstrap.credentials import WebhookSecrets
from sophia.domain.agents import Spoken, ToolSpec, Turn
from sophia.domain.audit import AuditEvent
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import Company, TenantScope
from sophia.domain.tickets import Target, TicketStatus
from sophia.errors import (
    CredentialMissing,
    CredentialRefused,
    NotFound,
    SophiaError,
    Unauthenticated,
    Unavailable,
)
from sophia.ports.vault import Credential
from sophia.testing.contracts.agent_runtime import NoTools
from sophia.testing.contracts.records_world import ANA, SYSTEM, World
from sophia.testing.emulators.backend import BackendEmulator
from sophia.testing.emulators.openai import CallTool, OpenAIEmulator, calls, says
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.fakes.vault import MemoryCredentialVault, MemoryPlatformVault
from sophia.testing.scopes import system_scope, user_scope

OLD, NEW = "the-old-t0ken", "the-new-t0ken"
HOUR = 3600.0


@define
class Shelf:
    """A vault of one secret, that counts who looks; and seconds that pass when a test says so."""

    value: str | SophiaError | None = OLD
    looks: int = 0
    now: float = 0.0
    told: list[tuple[str | None, float]] = field(factory=list)

    def read(self) -> Secret:
        self.looks += 1
        if isinstance(self.value, SophiaError):
            raise self.value
        if self.value is None:
            raise Unavailable("vault", "it does not answer")
        return Secret(self.value)

    def credential(self, fresh_for: float = 60.0, outage_for: float = 0.0) -> CachedCredential:
        def hear(error: SophiaError | None, age: float) -> None:
            self.told.append((error and str(error), age))

        return CachedCredential(self.read, fresh_for, lambda: self.now, outage_for=outage_for, told=hear)


def test_a_secret_is_kept_for_its_time_and_no_longer() -> None:
    shelf = Shelf()
    credential = shelf.credential()
    assert [credential() for _ in range(3)] == [Secret(OLD)] * 3
    shelf.value, shelf.now = NEW, 59.0
    assert (credential(), shelf.looks) == (Secret(OLD), 1)
    shelf.now = 60.0
    assert (credential(), shelf.looks) == (Secret(NEW), 2)


def test_none_is_kept_where_that_is_wanted() -> None:
    shelf = Shelf()
    credential = shelf.credential(0)
    assert credential() == Secret(OLD)
    shelf.value = NEW
    assert credential() == Secret(NEW)


def test_who_is_refused_is_given_the_new_one_or_none_and_asks_the_vault_once_a_second() -> None:
    shelf = Shelf()
    credential = shelf.credential()
    refused = credential()
    assert credential.renewed(refused) is None
    shelf.value = NEW
    assert [credential.renewed(refused) for _ in range(9)] == [None] * 9
    assert shelf.looks == 2
    shelf.now = 1.0
    assert credential.renewed(refused) == Secret(NEW)
    # Whoever was refused beside it is given what was found already.
    assert credential.renewed(refused) == credential() == Secret(NEW)
    assert shelf.looks == 3


def test_a_vault_that_fails_is_left_alone_for_a_second() -> None:
    shelf = Shelf(value=None)
    credential = shelf.credential()
    for _ in range(9):
        with pytest.raises(Unavailable, match="does not answer"):
            credential()
    assert shelf.looks == 1
    shelf.value, shelf.now = NEW, 1.0
    assert credential() == Secret(NEW)


def test_it_is_looked_up_once_however_many_want_it() -> None:
    shelf = Shelf()
    credential = shelf.credential()
    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(lambda _: credential().reveal(), range(64))) == {OLD}
    assert shelf.looks == 1


# A vault that does not answer for a while


def test_the_last_secret_serves_through_an_outage_which_is_told_once() -> None:
    shelf = Shelf()
    credential = shelf.credential(outage_for=600)
    assert credential() == Secret(OLD)
    shelf.value = None
    for shelf.now in (60.0, 61.0, 66.0, 599.0):
        assert credential() == Secret(OLD)
    # At 61 it was left alone.
    assert (shelf.looks, shelf.told) == (4, [("vault: it does not answer", 60.0)])
    shelf.value, shelf.now = NEW, 700.0
    assert credential() == Secret(NEW)
    assert shelf.told[1:] == [(None, 0.0)]
    # The next one is another.
    shelf.value, shelf.now = None, 760.0
    assert credential() == Secret(NEW)
    assert len(shelf.told) == 3


def test_it_serves_no_longer_than_it_may() -> None:
    shelf = Shelf()
    credential = shelf.credential(outage_for=600)
    assert credential() == Secret(OLD)
    shelf.value, shelf.now = None, 599.0
    assert credential() == Secret(OLD)
    shelf.now = 600.0
    with pytest.raises(Unavailable, match="does not answer"):
        credential()
    shelf.value, shelf.now = OLD, 601.0
    assert credential() == Secret(OLD)
    assert [error for error, _ in shelf.told] == ["vault: it does not answer", None]


@pytest.mark.parametrize("answer", [CredentialMissing("it is gone"), CredentialRefused("it is disabled")])
def test_a_vault_that_gives_it_to_nobody_any_more_has_answered(answer: Unavailable) -> None:
    shelf = Shelf()
    credential = shelf.credential(outage_for=600)
    assert credential() == Secret(OLD)
    for at, said in ((60.0, None), (120.0, answer)):
        shelf.value, shelf.now = said, at
        if said is None:
            assert credential() == Secret(OLD)
        else:
            with pytest.raises(type(answer)):
                credential()
    # That it was there once is forgotten, also when the next outage comes.
    shelf.value, shelf.now = None, 180.0
    with pytest.raises(Unavailable, match="does not answer"):
        credential()
    assert [error for error, _ in shelf.told] == ["vault: it does not answer", None]


def test_who_is_refused_during_an_outage_is_given_nothing_new_and_the_rest_goes_on() -> None:
    shelf = Shelf()
    credential = shelf.credential(outage_for=600)
    refused = credential()
    shelf.value, shelf.now = None, 10.0
    assert credential.renewed(refused) is None
    assert credential() == Secret(OLD)
    shelf.value = NEW
    for shelf.now, expected in ((14.0, None), (15.0, Secret(NEW))):
        assert credential.renewed(refused) == expected
    assert shelf.looks == 3


@pytest.mark.parametrize(("asks", "looks_again_at"), [(20.0, 80.0), (3.0, 65.0), (86_400.0, 120.0), (None, 65.0)])
def test_a_vault_is_left_alone_as_long_as_it_asks_within_reason(asks: float | None, looks_again_at: float) -> None:
    shelf = Shelf()
    credential = shelf.credential(outage_for=600)
    assert credential() == Secret(OLD)
    shelf.value, shelf.now = Unavailable("vault", "is asked too often", asks), 60.0
    assert credential() == Secret(OLD)
    shelf.value = NEW
    for at, expected in ((looks_again_at - 0.5, OLD), (looks_again_at, NEW)):
        shelf.now = at
        assert credential() == Secret(expected)


def test_nobody_waits_for_who_looks_whether_the_vault_is_back() -> None:
    shelf, looking, may_answer = Shelf(), Event(), Event()

    def read() -> Secret:
        if shelf.now == 70.0:
            looking.set()
            assert may_answer.wait(30)
        return shelf.read()

    credential = CachedCredential(read, 60.0, lambda: shelf.now, outage_for=600)
    refused = credential()
    shelf.value, shelf.now = None, 60.0
    assert credential() == Secret(OLD)
    shelf.value, shelf.now = NEW, 70.0
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(credential)
        assert looking.wait(30)
        assert credential() == Secret(OLD)
        assert credential.renewed(refused) is None
        may_answer.set()
        assert first.result(30) == Secret(NEW)
    assert credential() == Secret(NEW)


class SilentPlatform(MemoryPlatformVault):
    """Does not answer once it is silent."""

    silent = False

    def secret(self, category: str, name: str) -> Secret:
        if self.silent:
            raise Unavailable("vault", "it does not answer")
        return super().secret(category, name)


class SilentCompanies(MemoryCredentialVault):
    """The same, for companies."""

    silent = False

    def secret(self, scope: TenantScope, category: str, name: str) -> Secret:
        if self.silent:
            raise Unavailable("vault", "it does not answer")
        return super().secret(scope, category, name)


def test_an_outage_is_in_the_trail_of_whose_secret_served_once(world: World, caplog) -> None:
    caplog.set_level(logging.INFO, "sophia.application.credentials")
    platform, companies = SilentPlatform(), SilentCompanies()
    platform.put("openai", "key", Secret(OLD))
    companies.put(SYSTEM, "splunk", "api", Secret(OLD))
    credentials = Credentials(platform, companies, outage_for=600.0)
    record = RecordOutages(credentials, world.records)
    key, api = credentials.of_platform("openai", "key"), credentials.of_company(SYSTEM, "splunk", "api")
    assert (key(), api()) == (Secret(OLD), Secret(OLD))
    assert record(SYSTEM) == 0
    platform.silent = companies.silent = True
    assert {credential().reveal() for credential in (key, api, key, api)} == {OLD}
    own = SystemIdentity(MemoryTenantDirectory()).platform("chores")
    assert (record(SYSTEM), record(own), record(SYSTEM)) == (1, 1, 0)
    for scope, subject in ((SYSTEM, "splunk/api"), (own, "openai/key")):
        with world.records.read(scope) as tx:
            (entry,) = tx.audit.entries()
        assert (entry.event.action, entry.event.subject) == ("credential.served_stale", subject)
        assert entry.event.details == {"age": 0, "most": 600}
    companies.silent = False
    assert api() == Secret(OLD)
    assert [record.msg["event"] for record in caplog.records] == ["vault.failing", "vault.failing", "vault.recovered"]
    assert OLD not in caplog.text


def test_what_cannot_be_recorded_is_not_lost(world: World) -> None:
    class Closed(MemoryRecords):
        def write(self, scope: TenantScope) -> Any:
            raise Unavailable("database", "is closed")

    companies = SilentCompanies()
    companies.put(SYSTEM, "splunk", "api", Secret(OLD))
    credentials = Credentials(MemoryPlatformVault(), companies, outage_for=600.0)
    api = credentials.of_company(SYSTEM, "splunk", "api")
    assert api() == Secret(OLD)
    companies.silent = True
    assert api() == Secret(OLD)
    with pytest.raises(Unavailable):
        RecordOutages(credentials, Closed(world.clock))(SYSTEM)
    assert RecordOutages(credentials, world.records)(SYSTEM) == 1


def test_each_company_has_its_own_and_the_platform_another() -> None:
    platform, companies = MemoryPlatformVault(), MemoryCredentialVault()
    credentials = Credentials(platform, companies, HOUR)
    acme, globex = system_scope("acme"), system_scope("globex")
    platform.put("splunk", "api", Secret("the platform's"))
    companies.put(acme, "splunk", "api", Secret("acme's"))
    assert credentials.of_company(acme, "splunk", "api")() == Secret("acme's")
    assert credentials.of_platform("splunk", "api")() == Secret("the platform's")
    with pytest.raises(CredentialMissing, match=r"'globex' has no splunk/api; .* --company globex"):
        credentials.of_company(globex, "splunk", "api")()
    # Whoever asks for one shares what is kept of it.
    assert credentials.of_company(user_scope("acme", "ana"), "splunk", "api") is credentials.of_company(
        acme, "splunk", "api"
    )


# What is shown to the backend, whose token changes between two requests


@define
class Rotating:
    """A backend, and the vault that holds its token."""

    backend: BackendEmulator
    vault: MemoryPlatformVault

    def credential(self, fresh_for: float = HOUR) -> Credential:
        return Credentials(self.vault, MemoryCredentialVault(), fresh_for).of_platform("backend", "token")

    def rotate(self) -> None:
        self.vault.put("backend", "token", Secret(NEW))
        self.backend.token = NEW

    @property
    def shown(self) -> list[str]:
        return [request.headers["authorization"].removeprefix("Bearer ") for request in self.backend.requests]


@pytest.fixture
def rotating():
    vault = MemoryPlatformVault()
    vault.put("backend", "token", Secret(OLD))
    with BackendEmulator(token=OLD, companies={"acme": {}, "globex": {}}) as backend:
        yield Rotating(backend, vault)


@pytest.fixture
def world() -> World:
    clock = FrozenClock()
    return World(MemoryRecords(clock), clock, SequentialIds())


def test_a_ticket_goes_out_with_the_new_token(rotating: Rotating, world: World) -> None:
    desk = RestTicketDesk(rotating.backend.url, {"VICTORIA": Route("/victoria/report", rotating.credential())})
    thread = world.thread()
    assert desk.open(world.ticket(thread)) == "TCK-1"
    rotating.rotate()
    assert desk.open(world.ticket(thread)) == "TCK-2"
    assert desk.open(world.ticket(thread)) == "TCK-3"
    assert rotating.shown == [OLD, OLD, NEW, NEW]


def test_a_ticket_is_not_lost_where_the_backend_has_the_new_token_first(rotating: Rotating, world: World) -> None:
    desk = RestTicketDesk(rotating.backend.url, {"VICTORIA": Route("/victoria/report", rotating.credential(0))})
    deliver = DeliverTickets(
        world.records, desk, [Target("VICTORIA")], world.clock, "one", TellThread(world.clock, world.ids)
    )
    ticket = world.ticket(world.thread())
    rotating.backend.token = NEW
    with world.records.write(ANA) as tx:
        tx.tickets.add(ticket)
        deliver.queue(tx, ticket)
    deliver.at_once(SYSTEM, ticket.key)
    assert status(world, ticket.id) is TicketStatus.QUEUED
    assert rotating.backend.tickets == ()
    rotating.rotate()
    world.clock.advance(60)
    assert deliver(SYSTEM) == 1
    assert status(world, ticket.id) is TicketStatus.DELIVERED


def status(world: World, ticket_id: str) -> TicketStatus:
    with world.records.read(SYSTEM) as tx:
        return tx.tickets.get(ticket_id).status


def test_the_audit_trail_and_the_directory_go_on_with_the_new_token(rotating: Rotating, world: World, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    sink = RestAuditSink(rotating.backend.url, rotating.credential())
    now = [0.0]
    directory = RestTenantDirectory(rotating.backend.url, rotating.credential(), clock=lambda: now[0])
    entries = []
    with world.records.write(SYSTEM) as tx:
        entries += [tx.audit.append(AuditEvent("did", "run_1")), tx.audit.append(AuditEvent("did", "run_2"))]
    sink.deliver(entries[0])
    assert len(directory.companies()) == 2
    rotating.rotate()
    sink.deliver(entries[1])
    now[0] = 60.0
    assert len(directory.companies()) == 2
    assert [entry["sequence"] for entry in rotating.backend.audited] == [1, 2]
    assert rotating.shown == [OLD, OLD, OLD, NEW, OLD, NEW]
    assert OLD not in caplog.text
    assert NEW not in caplog.text


class OneTool(NoTools):
    """Can be asked for, and finds nothing."""

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return (ToolSpec("rag_search", "Search.", {"type": "object"}),)


def test_a_turn_goes_on_with_the_new_key_between_two_steps() -> None:
    vault = MemoryPlatformVault()
    vault.put("openai", "key", Secret(OLD))
    key = Credentials(vault, MemoryCredentialVault(), HOUR).of_platform("openai", "key")
    script = [calls(CallTool("rag_search", {"query": "vpn"})), says("Every ninety days.")]

    def model(_):
        reply = script.pop(0)
        if script:  # the first step was answered; before the second the key is another
            vault.put("openai", "key", Secret(NEW))
            emulator.key = NEW
        return reply

    with OpenAIEmulator(model, key=OLD) as emulator:
        runtime = OpenAIAgentRuntime(Endpoint(f"{emulator.url}/v1", "emulated", key), default_language="en")
        events = list(runtime.respond(Turn("thr_1", "run_1", "Which VPN?", "en"), OneTool()))
    assert "".join(event.text for event in events if isinstance(event, Spoken)) == "Every ninety days."
    shown = [request.headers["authorization"] for request in emulator.requests]
    assert shown == [f"Bearer {OLD}", f"Bearer {OLD}", f"Bearer {NEW}"]


def test_a_report_signed_with_the_new_secret_is_taken_and_with_the_old_one_no_more() -> None:
    old, new = (mint_webhook_secrets(["acme"])["acme"] for _ in range(2))
    directory, vault = MemoryTenantDirectory(), MemoryCredentialVault()
    directory.add(Company("acme", "Acme"))
    secrets = WebhookSecrets(Credentials(MemoryPlatformVault(), vault, HOUR), SystemIdentity(directory))
    verifier = StandardWebhookVerifier(secrets, secrets.renewed)
    vault.put(system_scope("acme"), "backend", "webhook", Secret(old))
    verifier.verify("acme", b"{}", signed(old))
    vault.put(system_scope("acme"), "backend", "webhook", Secret(new))
    verifier.verify("acme", b"{}", signed(new))
    for company, secret in (("acme", old), ("globex", new)):
        with pytest.raises(Unauthenticated):
            verifier.verify(company, b"{}", signed(secret))


def signed(secret: str) -> dict[str, str]:
    at = datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", at, "{}")
    stamp = str(int(at.timestamp()))
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}


# The key of the checkpoints, which several processes may need at the same moment


def test_all_processes_sign_with_one_key_from_the_first_signature_on(tmp_path) -> None:
    signer = _signer(tmp_path)
    with pytest.raises(NotFound):
        signer.public_key()
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        signatures = pool.map(_sign, [tmp_path] * 12)
    assert all(signer.is_signed(b"head", signature, signer.public_key()) for signature in signatures)


def test_a_key_that_comes_between_the_look_and_the_making_is_the_one_that_signs(tmp_path) -> None:
    class Slow(VaultFile):
        """Another process makes the key while this one is making its own."""

        def add(self, category: str, name: str, secret: Secret) -> Secret:
            VaultFile(self.path, self.owner, self.key_file).add(category, name, Secret(KEY))
            return super().add(category, name, secret)

    signature = Ed25519Signer(Slow(tmp_path / "platform.vault", "platform", tmp_path / "vault.key")).sign(b"head")
    later = _signer(tmp_path)
    assert later.is_signed(b"head", signature, later.public_key())


KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def _signer(folder) -> Ed25519Signer:
    return Ed25519Signer(VaultFile(folder / "platform.vault", "platform", folder / "vault.key"))


def _sign(folder) -> bytes:
    return _signer(folder).sign(b"head")
