"""The knowledge index `azure` in a whole SOPHIA, made from its settings, against an emulated service."""

from contextlib import ExitStack

import pytest
from attrs import evolve

from sophia import RefreshOptions, Sophia
from sophia.adapters.azure_agents import index
from sophia.bootstrap.settings import (
    AgentSettings,
    AzureAgentSettings,
    AzureIndexSettings,
    CompanySettings,
    KnowledgeSettings,
    Settings,
)
from sophia.domain.diagnosis import Level
from sophia.domain.knowledge import DocumentFailure, KnowledgeQuery
from sophia.domain.refresh import RefreshStatus
from sophia.domain.tenancy import EVERYONE, Permission, reader_group
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator, Leg, Say, Search
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.emulators.system import Fault
from sophia.testing.fakes.documents import MemorySource, PlainTextConverter
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.scopes import user_scope

A, B = "# A\n\nThe firewall is in Madrid.", "# B\n\nBackups are made at night."


class World:
    """A company with a store at the service, and what it has to read."""

    def __init__(self, azure, folder, store=None):
        self.azure = azure
        self.store = azure.add_store({}) if store is None else store
        self.source = MemorySource("docs", {"a.md": A, "b.md": B})
        companies = (CompanySettings("acme", vector_store_id=self.store), CompanySettings("globex"))
        self.settings = Settings(
            agent=AgentSettings(azure=AzureAgentSettings(endpoint=azure.endpoint, timeout=5.0)),
            knowledge=KnowledgeSettings("azure", AzureIndexSettings(batch_seconds=20.0)),
            companies=companies,
            directory=folder,
        )
        self.progress = []
        self.sophia = self.new()

    def new(self):
        return Sophia(
            self.settings,
            identity=EmulatedCredential(),
            embedder=HashingEmbedder(),
            converter=PlainTextConverter(),
            sources=lambda _: (self.source,),
        )

    def refresh(self, company="acme", **options):
        refresh = self.sophia.refresh(company, RefreshOptions(**options), self.progress.append)
        assert refresh.status is RefreshStatus.COMPLETED, refresh.problem
        return refresh.report

    def held(self, store=None):
        """The texts that the store holds."""
        stores = self.azure.stores
        return sorted(
            stores.contents[id_].decode()
            for id_, entry in stores.entries[store or self.store].items()
            if entry["status"] == "completed"
        )

    def uploaded(self):
        return sorted(self.azure.stores.contents[id_].decode() for id_ in self.azure.stores.files)

    def found(self, words, **user):
        hits = self.sophia.index.search(user_scope(**user), KnowledgeQuery(words))
        with self.sophia.records.read(user_scope(**user)) as tx:
            return [passage.text for passage in tx.documents.passages([hit.chunk_id for hit in hits])]

    def writes(self):
        return [request for request in self.azure.requests if request.method != "GET"]

    def diagnosis(self):
        findings = self.sophia.diagnose("acme")
        return [(finding.level, finding.told) for finding in findings if finding.subject == "vector store"]


@pytest.fixture
def start(tmp_path):
    with ExitStack() as stack:

        def begin(store=None, **options):
            azure = stack.enter_context(AzureAgentsEmulator(**options))
            return World(azure, tmp_path, store)

        yield begin


def test_a_refresh_fills_the_store_and_the_next_one_changes_nothing_there(start):
    world = start(reads=2)
    assert world.refresh().failures == ()
    assert world.held() == world.uploaded() == [A, B]
    before = len(world.writes())
    assert world.refresh().unchanged == 2
    world.sophia = world.new()  # another process, which knows nothing of the store
    assert world.refresh().failures == ()
    assert len(world.writes()) == before


def test_what_is_asked_of_the_service_is_counted(start):
    out = []
    world = start(faults=lambda request: Fault(status=404) if out and request.method == "DELETE" else None)

    def counted(operation, outcome):
        series = f'calls_total{{operation="{operation}",outcome="{outcome}",service="azure-stores"}}'
        lines = world.sophia.services.telemetry.metrics.exposition(None).decode().splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(f"sophia_agent_service_{series}")), 0)

    world.refresh()
    assert [counted(op, "done") for op in ("upload_file", "create_file_batch", "delete_file")] == [2, 1, 0]
    out.append(True)
    del world.source.documents["a.md"]
    world.refresh()
    assert counted("delete_file", "refused") == 2  # at once, and at the end, as the store still holds something of it
    assert counted("delete_file", "done") == 0


def test_how_far_the_service_is_is_shown(start):
    world = start(reads=3)
    world.refresh()
    shown = {progress.current for progress in world.progress}
    assert {"Azure: uploading 2/2", "Azure: indexing 2/2"} <= shown


def test_what_changes_and_goes_does_so_at_azure(start):
    world = start()
    world.refresh()
    world.source.documents["a.md"] = "# A\n\nThe firewall is in Lisbon."
    del world.source.documents["b.md"]
    world.refresh()
    assert world.held() == world.uploaded() == ["# A\n\nThe firewall is in Lisbon."]


def test_a_dry_run_asks_azure_for_nothing(start):
    world = start()
    world.refresh(dry_run=True)
    assert world.azure.requests == []


def test_a_company_without_a_store_has_its_own_search_all_the_same(start):
    world = start()
    assert world.refresh("globex").failures == ()
    assert world.azure.requests == []
    assert len(world.found("firewall", company="globex")) == 1


def test_what_is_for_some_only_is_found_by_them_here_and_not_kept_at_azure(start):
    world = start()
    world.source.readers = frozenset({reader_group("soc")})
    world.refresh()
    assert world.held() == world.uploaded() == []
    assert world.found("firewall") == []
    assert len(world.found("firewall", groups=["soc"])) == 1
    world.source.readers = frozenset({EVERYONE})
    world.refresh()
    assert world.held() == [A, B]
    world.source.readers = frozenset({reader_group("soc")})
    world.refresh()
    assert world.held() == world.uploaded() == []


def test_what_a_refresh_has_put_there_answers_a_question_with_azure_s_own_search(start):
    search = Leg((Search("firewall"), Say("The firewall is in Madrid【4:0†source】.")))
    world = start(model=[search])
    agent = AzureAgentSettings(endpoint=world.azure.endpoint, timeout=5.0, file_search=True)
    acme = CompanySettings("acme", azure_agent_id=world.azure.add_assistant(), vector_store_id=world.store)
    world.settings = evolve(world.settings, agent=AgentSettings("azure-agents", azure=agent), companies=(acme,))
    world.sophia = world.new()
    world.refresh()
    answer = world.sophia.ask("Where is the firewall?", company="acme")
    (citation,) = answer.citations
    assert (citation.quote, citation.verified) == ("The firewall is in Madrid.", True)
    with world.sophia.records.read(user_scope()) as tx:
        assert tx.documents.get(citation.document_id).external_id == "a.md"


def test_a_document_that_is_deleted_is_erased_at_azure_at_once(start):
    world = start()
    world.refresh()
    scope = user_scope(permissions=[Permission.DOCUMENTS])
    with world.sophia.records.read(scope) as tx:
        document = next(each for each in tx.documents.list(10).items if each.external_id == "a.md")
    world.sophia.services.delete_document(scope, document.id)
    assert world.held() == world.uploaded() == [B]


def test_pain_an_outage_keeps_nobody_from_searching_and_the_next_refresh_mends_it(start):
    out = [True]
    world = start(faults=lambda _: Fault(status=503) if out else None)
    (failure,) = world.refresh().failures
    assert (failure.source, failure.external_id) == ("azure-agents", "")
    assert failure.reason == "the vector store is not up to date: azure-agents: fails (HTTP 503)"
    assert len(world.found("firewall")) == 1
    out.clear()
    assert world.refresh().failures == ()
    assert world.held() == [A, B]


def test_pain_what_cannot_be_erased_at_once_is_erased_by_the_next_refresh(start):
    out = []
    world = start(faults=lambda _: Fault(status=503) if out else None)
    world.refresh()
    out.append(True)
    del world.source.documents["a.md"]
    world.refresh()
    assert world.found("firewall") == []
    out.clear()
    world.refresh()
    assert world.held() == world.uploaded() == [B]


def test_pain_a_file_that_was_uploaded_and_never_taken_in_goes_with_its_document(start):
    out = [True]
    world = start(faults=lambda request: Fault(status=503) if out and "/file_batches" in request.path else None)
    world.source.documents.pop("b.md")
    assert "not up to date" in world.refresh().failures[0].reason
    assert (world.held(), world.uploaded()) == ([], [A])
    out.clear()
    world.source.documents = {"b.md": B}
    assert world.refresh().failures == ()
    assert world.held() == world.uploaded() == [B]


def test_pain_who_deletes_a_document_does_not_wait_for_a_service_that_hangs(start, monkeypatch):
    out = []
    world = start(faults=lambda _: Fault(delay=60) if out else None)
    world.refresh()
    scope = user_scope(permissions=[Permission.DOCUMENTS])
    with world.sophia.records.read(scope) as tx:
        document = next(each for each in tx.documents.list(10).items if each.external_id == "a.md")
    out.append(True)
    monkeypatch.setattr(index, "_ERASING", 0.3)
    world.sophia.services.delete_document(scope, document.id)
    assert world.found("firewall") == []
    out.clear()
    del world.source.documents["a.md"]
    world.refresh()
    assert world.held() == world.uploaded() == [B]


def test_pain_a_file_that_azure_does_not_take_is_named_by_its_source(start):
    world = start()
    world.azure.stores.broken = Broken(world.azure, A)
    told = "not in the vector store at Azure: The file could not be parsed because it is not supported."
    for _ in range(2):
        assert world.refresh().failures == (DocumentFailure("docs", "a.md", told),)
    assert world.held() == [B]
    assert len(world.found("firewall")) == 1
    ((level, reason),) = world.diagnosis()
    assert level is Level.WARNING
    assert reason.endswith("The file could not be parsed because it is not supported.")


class Broken:
    """The names of files with a certain text."""

    def __init__(self, azure, text):
        self._azure = azure
        self._text = text.encode()

    def get(self, name):
        stores = self._azure.stores
        content = next(stores.contents[id_] for id_, file in stores.files.items() if file["filename"] == name)
        return "unsupported_file" if content == self._text else None


def test_pain_a_service_that_hangs_is_given_up(start):
    world = start(faults=lambda request: Fault(delay=60) if request.method == "POST" else None)
    agent = AgentSettings(azure=AzureAgentSettings(endpoint=world.azure.endpoint, timeout=0.2))
    world.settings = evolve(world.settings, agent=agent)
    world.sophia = world.new()
    (failure,) = world.refresh().failures
    assert "has not answered in time" in failure.reason


def test_pain_an_expired_store_is_rebuilt_and_told(start):
    world = start()
    world.refresh()
    store = world.azure.stores.stores[world.store]
    store["expires_after"] = {"anchor": "last_active_at", "days": 7}
    world.azure.pass_time(8 * 86_400)
    assert world.diagnosis() == [
        (Level.FAILED, f"{world.store} has expired or is gone; the next refresh makes another in its place")
    ]
    files = len(world.azure.asked("POST", "/files"))
    assert world.refresh().failures == ()
    (new,) = world.azure.stores.stores.keys() - {world.store}
    assert world.held(new) == [A, B]
    assert len(world.azure.asked("POST", "/files")) == files  # what was uploaded is there still
    told = f"{world.store} has expired or is gone; {new} stands in for it: make that the vector_store_id"
    assert world.diagnosis() == [
        (Level.WARNING, told),
        (Level.OK, "holds all documents that everybody may read: 2"),
    ]


def test_pain_another_company_s_store_is_never_touched(start, tmp_path):
    world = start()
    world.refresh()
    (tmp_path / "other").mkdir()
    other = World(world.azure, tmp_path / "other", world.store)
    other.settings = evolve(other.settings, companies=(CompanySettings("globex", vector_store_id=world.store),))
    other.sophia = other.new()
    other.source.documents = {"g.md": "# G\n\nof globex"}
    before = len(world.writes())
    (failure,) = other.refresh("globex").failures
    assert "is kept for another company than 'globex'" in failure.reason
    assert len(world.writes()) == before
    assert world.held() == [A, B]


def test_the_doctor_tells_what_a_store_lacks_and_has_too_much_of(start):
    world = start()
    ((level, told),) = world.diagnosis()
    assert (level, told.partition(": ")[0]) == (Level.WARNING, "the documents of the company 'acme' were never read")
    world.refresh()
    assert world.diagnosis() == [(Level.OK, "holds all documents that everybody may read: 2")]
    entries = world.azure.stores.entries[world.store]
    del entries[next(iter(entries))]
    told = (
        "documents that everybody may read and it lacks: 1; files that it holds too many: 0; "
        "the next refresh mends that"
    )
    assert world.diagnosis() == [(Level.WARNING, told)]


def test_the_doctor_tells_of_a_store_that_will_expire(start):
    world = start()
    world.refresh()
    world.azure.stores.stores[world.store]["expires_after"] = {"anchor": "last_active_at", "days": 7}
    ((level, told), (other, _)) = world.diagnosis()
    assert (level, other) == (Level.WARNING, Level.OK)
    assert told.startswith(f"{world.store} expires when it was not used for some time")


def test_the_doctor_tells_of_a_company_without_a_store(start):
    world = start()
    findings = [f for f in world.sophia.diagnose("globex") if f.subject == "vector store"]
    assert [finding.level for finding in findings] == [Level.WARNING]
    assert "names no vector_store_id" in findings[0].told
