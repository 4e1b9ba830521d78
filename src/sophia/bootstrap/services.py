"""The built use cases, handed to whoever lets people in."""

from attrs import frozen

from sophia.adapters.telemetry import Telemetry
from sophia.application.access_keys import CreateKey, ImportKey, ListKeys, RevokeKey
from sophia.application.audit import MakeCheckpoint, ReadTrail, VerifyTrail
from sophia.application.backlog import MeasureBacklog
from sophia.application.documents import DeleteDocument, ListDocuments, ListSources, ReadDocument
from sophia.application.evidence import ReadEvidence, ReplayEvidence
from sophia.application.health import CheckHealth
from sophia.application.identity import Authenticate, AuthenticateWebhook
from sophia.application.limits import AdmitRequest
from sophia.application.refusals import RecordRefusals
from sophia.application.runs import CancelRun, FollowRefresh, FollowRun, ReadAnswer, ReadRun
from sophia.application.start_refresh import ReadRefresh, StartRefresh
from sophia.application.start_run import StartRun
from sophia.application.threads import DeleteThread, ListMessages, ListThreads, ReadThread, SearchMessages
from sophia.application.tickets import ListTickets, ReadTicket, UpdateTicket
from sophia.bootstrap.background import Background

__all__ = ["Services"]


@frozen
class Services:
    """What a caller can ask SOPHIA for."""

    authenticate: Authenticate
    admit_request: AdmitRequest
    authenticate_webhook: AuthenticateWebhook
    background: Background
    refusals: RecordRefusals
    telemetry: Telemetry
    measure_backlog: MeasureBacklog
    check_health: CheckHealth
    start_run: StartRun
    read_run: ReadRun
    read_answer: ReadAnswer
    follow_run: FollowRun
    cancel_run: CancelRun
    list_threads: ListThreads
    read_thread: ReadThread
    list_messages: ListMessages
    search_messages: SearchMessages
    delete_thread: DeleteThread
    start_refresh: StartRefresh
    read_refresh: ReadRefresh
    follow_refresh: FollowRefresh
    list_sources: ListSources
    list_documents: ListDocuments
    read_document: ReadDocument
    delete_document: DeleteDocument
    read_evidence: ReadEvidence
    replay_evidence: ReplayEvidence
    list_tickets: ListTickets
    read_ticket: ReadTicket
    read_trail: ReadTrail
    verify_trail: VerifyTrail
    make_checkpoint: MakeCheckpoint
    create_key: CreateKey
    import_key: ImportKey
    list_keys: ListKeys
    revoke_key: RevokeKey
    update_ticket: UpdateTicket
