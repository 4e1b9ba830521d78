"""Every error that SOPHIA raises on purpose.

The tree (an indented name is a subclass of the one above it)::

    SophiaError
      InvalidInput            what the caller sent cannot be understood; names each fault
        ConfigurationError    the same, in the settings file
      Unauthenticated         no valid credential came with the request
      PermissionDenied        a valid credential that may not do this
        CompanySuspended      nobody of the company may do anything for now
        CompanyMismatch       the request names another company than its credential
      NotFound                no such thing, or not the caller's: the two read alike
      Conflict                the thing is in a state that does not allow this now
        ThreadBusy            the thread has a live run
        IdempotencyConflict   the key was used before, with another body
        RequestInProgress     the key was used before, and that request still runs
        RefreshInProgress     the company is being refreshed already
        LeaseLost             somebody else owns the work by now
      LimitExceeded           more than a configured limit allows
      QueryRefused            a query that the read-only guard does not let through; nothing was sent
      DocumentRejected        a document cannot be taken into the knowledge base
      Unavailable             something SOPHIA depends on does not answer; worth another try
        Unanswered            it was asked, and no answer came: it may have done what it was asked
        CredentialMissing     a vault holds no secret of the name that is asked for
        CredentialRefused     a vault has answered, and does not give a secret away
        OnlyEmulated          an example's system, which is nowhere but in the demo
        Stopping              this process is about to end and takes no more work; another will
      TicketRejected          a ticket desk has refused a ticket for good
      Cancelled               the run was cancelled while it was at work
      AnswerFailed            the run has ended without an answer

Attributes are data, for programs; ``str()`` is one sentence, for people, and holds no secret.
Adapters raise nothing else, always ``from`` the vendor's error.
"""

from attrs import frozen

__all__ = [
    "AnswerFailed",
    "Cancelled",
    "CompanyMismatch",
    "CompanySuspended",
    "ConfigurationError",
    "Conflict",
    "CredentialMissing",
    "CredentialRefused",
    "DocumentRejected",
    "Fault",
    "IdempotencyConflict",
    "InvalidInput",
    "LeaseLost",
    "LimitExceeded",
    "NotFound",
    "OnlyEmulated",
    "PermissionDenied",
    "QueryRefused",
    "RefreshInProgress",
    "RequestInProgress",
    "SophiaError",
    "Stopping",
    "ThreadBusy",
    "TicketRejected",
    "Unanswered",
    "Unauthenticated",
    "Unavailable",
]


class SophiaError(Exception):
    """Base of the tree; catch it to catch whatever SOPHIA raises on purpose."""


@frozen
class Fault:
    """One thing that is wrong with an input: where it is (RFC 6901 pointer) and what would be right."""

    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.detail}" if self.pointer else self.detail


class InvalidInput(SophiaError):
    """What the caller sent cannot be understood; ``faults`` names each place."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class ConfigurationError(InvalidInput):
    """The settings cannot be used; ``faults`` point into the settings file."""


class Unauthenticated(SophiaError):
    """No valid credential came with the request."""


class PermissionDenied(SophiaError):
    """The caller is known but lacks ``permission``."""

    def __init__(self, permission: str, detail: str | None = None) -> None:
        super().__init__(detail or f"this needs the permission '{permission}'")
        self.permission = permission


class CompanyMismatch(PermissionDenied):
    """The request, or its token, names another company than the one its credential belongs to."""

    def __init__(self, detail: str = "companyId is not the company of this credential") -> None:
        super().__init__("company", detail)


class CompanySuspended(PermissionDenied):
    """The caller's company is suspended; ``reason`` is told to whoever belongs to it."""

    def __init__(self, reason: str) -> None:
        super().__init__("company", f"the company is suspended: {reason}")
        self.reason = reason


class NotFound(SophiaError):
    """There is no such ``kind`` with this ``id`` for this caller (it may be somebody else's)."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"no {kind} {id!r}")
        self.kind = kind
        self.id = id


class Conflict(SophiaError):
    """The thing is in a state that does not allow this now."""


class ThreadBusy(Conflict):
    """The thread has a live run, ``run_id``; wait for it or cancel it."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"the thread is answering already (run {run_id!r})")
        self.run_id = run_id


class IdempotencyConflict(Conflict):
    """The idempotency key was used before, with another body."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used with another body; use a new key")


class RequestInProgress(Conflict):
    """The request with this idempotency key still runs, as ``run_id``."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"the request with this Idempotency-Key still runs (run {run_id!r})")
        self.run_id = run_id


class RefreshInProgress(Conflict):
    """The company's knowledge is being refreshed already, as ``refresh_id``."""

    def __init__(self, refresh_id: str) -> None:
        super().__init__(f"a refresh of this company is under way already ({refresh_id!r})")
        self.refresh_id = refresh_id


class LeaseLost(Conflict):
    """The lease on a piece of work ran out and somebody else may own it; stop writing."""


class LimitExceeded(SophiaError):
    """More than the limit ``name`` allows (`sophia.domain.limits`); ``retry_after`` in seconds, where waiting helps."""

    def __init__(self, name: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.name = name
        self.retry_after = retry_after


class QueryRefused(SophiaError):
    """The read-only guard does not let a query through, and nothing was sent.

    ``rule`` is the code of the rule that it breaks (`sophia.domain.readonly.Rule`), ``what`` the part of the query that
    breaks it, shortened; ``str()`` says why and what would be right, for a person and for a model that can mend it.
    """

    def __init__(self, rule: str, what: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule
        self.what = what


class DocumentRejected(SophiaError):
    """A document cannot be taken into the knowledge base; ``reason`` says why, for its owner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(SophiaError):
    """``dependency`` does not answer; ``retry_after`` in seconds, where it is known."""

    def __init__(self, dependency: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{dependency}: {detail}")
        self.dependency = dependency
        self.retry_after = retry_after


class Unanswered(Unavailable):
    """``dependency`` was asked and has not answered: it may have done what it was asked, or will yet."""


class CredentialMissing(Unavailable):
    """A vault holds no secret of the name that is asked for; somebody has to put one there."""

    def __init__(self, detail: str) -> None:
        super().__init__("vault", detail)


class CredentialRefused(Unavailable):
    """A vault has answered, and does not give a secret away: it is disabled, out of its time, or not for SOPHIA."""

    def __init__(self, detail: str) -> None:
        super().__init__("vault", detail)


class OnlyEmulated(Unavailable):
    """A system of the examples: its host is nobody's, and `sophia serve --demo` alone puts an emulated one there."""

    def __init__(self, dependency: str, host: str) -> None:
        told = f"nobody is at {host}, an example's host (RFC 2606); only `sophia serve --demo` emulates a system there"
        super().__init__(dependency, told)


class Stopping(Unavailable):
    """This process is about to end and takes no more work; another will.

    Where it had begun a run, ``run_id``, it has left that to the others, and its answer is to be found there.
    """

    def __init__(self, run_id: str | None = None) -> None:
        told = f"leaves run {run_id!r} to another process" if run_id else "takes no more work"
        super().__init__("server", f"it is stopping and {told}", retry_after=5.0)
        self.run_id = run_id


class TicketRejected(SophiaError):
    """A ticket desk has refused a ticket for good; ``reason`` is told to the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Cancelled(SophiaError):
    """The run was cancelled while it was at work."""

    def __init__(self) -> None:
        super().__init__("the run was cancelled")


class AnswerFailed(SophiaError):
    """The run ``run_id`` has ended without an answer; ``code`` says in one word what kind of failure it was."""

    def __init__(self, run_id: str, code: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.run_id = run_id
        self.code = code
        self.retry_after = retry_after
