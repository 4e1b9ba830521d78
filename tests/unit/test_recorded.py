"""What the audit trail says of a turn: that something was asked, and not what."""

import hmac
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sophia.application.identity import SystemIdentity
from sophia.application.leases import LeaseKeeper
from sophia.application.start_run import Question, StartRun
from sophia.application.threads import DeleteThread
from sophia.domain.audit import entry_to_json
from sophia.domain.conversation import Thread
from sophia.domain.limits import NO_LIMITS
from sophia.domain.runs import Answer, RunCompleted
from sophia.domain.tenancy import Company, User
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import user_scope

ANA = user_scope()
QUESTION = "Who may open the vault?"


class World:
    def __init__(self):
        self.clock, ids = FrozenClock(), SequentialIds()
        self.records, directory = MemoryRecords(self.clock), MemoryTenantDirectory()
        directory.add(Company("acme", "Acme"), User("ana"))
        self.keeper = LeaseKeeper(self.records, SystemIdentity(directory), self.clock, timedelta(days=1))
        self.start = StartRun(self.records, directory, lambda _: NO_LIMITS, self.keeper, self.clock, ids, "me")

    def ask(self, text, thread_id=None):
        started = self.start(ANA, Question(text, thread_id))
        self.keeper.let_go(started.held)
        run = started.run
        with self.records.write(ANA) as tx:
            answer = Answer(run.thread_id, run.id, "msg_1", "Nobody.", "en")
            tx.runs.finish(started.held.lease, RunCompleted(answer))
            thread = tx.conversations.thread(run.thread_id)
        return thread, self.asked()[-1]

    def asked(self):
        with self.records.read(ANA) as tx:
            return [entry for entry in tx.audit.entries() if entry.event.action == "question.asked"]


def test_a_question_is_recorded_as_a_digest_that_only_its_thread_can_make():
    world = World()
    thread, entry = world.ask(QUESTION)
    assert len(thread.salt) == 32
    assert entry.event.details["digest"] == hmac.new(thread.salt, QUESTION.encode(), "sha256").hexdigest()
    assert "vault" not in str(entry_to_json(entry))
    _, again = world.ask(QUESTION, thread.id)
    assert again.event.details == entry.event.details
    other, elsewhere = world.ask(QUESTION)
    assert other.salt != thread.salt
    assert elsewhere.event.details["digest"] != entry.event.details["digest"]


def test_the_salt_is_gone_with_the_thread_and_the_digest_stays():
    world = World()
    thread, entry = world.ask(QUESTION)
    DeleteThread(world.records)(ANA, thread.id)
    assert world.asked() == [entry]
    assert thread.salt not in [stored.thread.salt for stored in world.records._companies["acme"].threads.values()]
    assert str(thread.salt) not in repr(thread)


@given(st.text(), st.text(), st.binary(min_size=32, max_size=32))
def test_a_digest_tells_whether_two_texts_are_the_same(one, other, salt):
    now = FrozenClock().now()
    thread = Thread("thr_1", "", "en", now, now, salt)
    assert (thread.digest(one) == thread.digest(other)) == (one == other)
