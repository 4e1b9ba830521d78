"""A vector store that is kept equal to documents, against an emulated service that does as a test says."""

import hashlib
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from sophia.adapters.azure_agents.endpoint import Endpoint
from sophia.adapters.azure_agents.errors import Transient
from sophia.adapters.azure_agents.store_keeper import Progress, Step, StoreKeeper, StoreLimits
from sophia.adapters.azure_agents.store_plan import Failure
from sophia.adapters.azure_agents.translate import file_name
from sophia.adapters.azure_agents.vector_stores import VectorStores
from sophia.errors import Cancelled, LimitExceeded, Unavailable
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator, DoneAndLost, Limits
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.emulators.system import Fault, html_page

KEEPING = StoreLimits(patience=30)


def go_on():
    pass


def document(n, text=None):
    """Id, version and text of a document."""
    text = text or f"document {n} is about firewalls"
    return f"doc_{n:026x}", f"sha256:{hashlib.sha256(text.encode()).hexdigest()}", text


class Place:
    """A project, one company's store in it, and what keeps that store."""

    def __init__(self, azure, limits=KEEPING):
        self.azure = azure
        self.stores = VectorStores(Endpoint(azure.endpoint, timeout=5), EmulatedCredential(), 8, backoff=0.01)
        self.keeper = StoreKeeper(self.stores, limits)
        self.store_id = azure.add_store({})
        self.company = "acme"
        self.heard = []

    def keep(self, *documents, retry=False):
        texts = {(id_, version): text for id_, version, text in documents}
        store = self.stores.provide(self.company, self.store_id, go_on)
        plan = self.keeper.plan(store, dict(iter(texts)), go_on, retry=retry)
        self.plan = plan
        return self.keeper.carry_out(plan, lambda *key: texts.get(key), go_on, self.heard.append)

    def held(self, store_id=None):
        """The names of what the store holds, by status."""
        return sorted(
            (entry["status"], self.azure.stores._names[entry["id"]])
            for entry in self.azure.stores.entries[store_id or self.store_id].values()
        )

    def names(self):
        return sorted(file["filename"] for file in self.azure.stores.files.values())


@pytest.fixture
def start():
    with ExitStack() as stack:

        def begin(keeping=KEEPING, **options):
            return Place(stack.enter_context(AzureAgentsEmulator(**options)), keeping)

        yield begin


def named(*documents):
    return sorted(file_name(id_, version) for id_, version, _ in documents)


def completed(*documents):
    return [("completed", name) for name in named(*documents)]


def writes(azure):
    return [r for r in azure.requests if r.method != "GET"]


def test_what_is_new_is_uploaded_and_what_is_there_is_left_alone(start):
    place = start(reads=2)
    report = place.keep(document(1), document(2))
    assert (report.uploaded, report.indexed, report.removed, report.failures) == (2, 2, 0, ())
    assert place.held() == completed(document(1), document(2))
    assert set(place.azure.stores.contents.values()) == {document(n)[2].encode() for n in (1, 2)}
    before = len(writes(place.azure))
    report = place.keep(document(1), document(2))
    assert place.plan.is_empty
    assert (report.kept, report.uploaded, report.indexed, report.removed) == (2, 0, 0, 0)
    assert len(writes(place.azure)) == before


def test_one_that_knows_a_store_does_not_ask_for_all_files_of_the_project_again(start):
    place = start()
    place.keep(document(1))
    place.keep(document(1))
    asked = len(place.azure.asked("GET", "/files"))
    place.keep(document(1))
    assert len(place.azure.asked("GET", "/files")) == asked


def test_a_new_version_takes_the_place_of_the_old_one_on_both_sides(start):
    place = start()
    place.keep(document(1), document(2))
    report = place.keep(document(1, "another text"), document(2))
    assert (report.kept, report.uploaded, report.indexed, report.removed) == (1, 1, 1, 1)
    assert place.held() == completed(document(1, "another text"), document(2))
    assert place.names() == named(document(1, "another text"), document(2))


def test_the_old_version_stays_until_the_new_one_is_there(start):
    place = start()
    place.keep(document(1))
    place.keep(document(1, "another text"))
    methods = [(r.method, urlsplit(r.path).path.rpartition("/demo")[2].split("/")[1]) for r in writes(place.azure)]
    assert methods[-4:] == [
        ("POST", "files"),
        ("POST", "vector_stores"),
        ("DELETE", "files"),
        ("DELETE", "vector_stores"),
    ]


def test_what_is_gone_is_erased_on_both_sides(start):
    place = start()
    place.keep(document(1), document(2))
    assert place.keep(document(2)).removed == 1
    assert place.held() == completed(document(2))
    assert place.names() == named(document(2))
    assert place.keep().removed == 1
    assert (place.held(), place.names()) == ([], [])


def test_files_that_are_not_its_own_are_let_be(start):
    place = start()
    place.store_id = place.azure.add_store({"handbook.pdf": b"of the backend's"})
    place.keep(document(1))
    place.keep()
    assert place.plan.foreign == 1
    assert (place.held(), place.names()) == ([("completed", "handbook.pdf")], ["handbook.pdf"])


def test_files_of_other_companies_in_the_project_are_let_be(start):
    place = start()
    place.keep(document(1))
    own, place.store_id, place.company = place.store_id, place.azure.add_store({}), "globex"
    place.keep(document(2))
    place.keep()
    assert place.held(own) == completed(document(1))
    assert place.names() == named(document(1))


def test_a_store_that_is_kept_for_another_company_is_refused(start):
    place = start()
    place.keep(document(1))
    place.company = "globex"
    before = len(writes(place.azure))
    with pytest.raises(Unavailable, match="kept for another company than 'globex': see vector_store_id"):
        place.keep(document(2))
    assert len(writes(place.azure)) == before
    assert place.held() == completed(document(1))


def test_a_store_keeps_what_else_its_metadata_say(start):
    place = start()
    place.azure.stores.stores[place.store_id]["metadata"] = {"cost": "7"}
    place.keep(document(1))
    assert place.azure.stores.stores[place.store_id]["metadata"] == {"cost": "7", "sophia_company": "acme"}


def test_many_go_in_batches_and_progress_is_told(start):
    place = start(StoreLimits(batch=2, patience=30), reads=3, limits=Limits(files_of_batch=2))
    documents = [document(n) for n in range(5)]
    report = place.keep(*documents)
    assert (report.uploaded, report.indexed) == (5, 5)
    assert len(place.azure.asked("POST", "/vector_stores/[^/]+/file_batches")) == 3
    assert [p for p in place.heard if p.step is Step.UPLOADING] == [Progress(Step.UPLOADING, n, 5) for n in range(1, 6)]
    indexing = [p.done for p in place.heard if p.step is Step.INDEXING]
    assert indexing == sorted(indexing)
    assert indexing[-1] == 5


def test_a_file_that_cannot_be_taken_in_is_named_and_the_others_are_there(start):
    good, bad = document(1), document(2)
    place = start(broken={named(bad)[0]: "unsupported_file"})
    report = place.keep(good, bad)
    assert report.failures == (Failure(bad[0], "The file could not be parsed because it is not supported."),)
    assert report.indexed == 1
    before = len(writes(place.azure))
    assert place.keep(good, bad).failures == report.failures  # named again, but not tried again
    assert len(writes(place.azure)) == before
    place.azure.stores.broken = {}
    assert place.keep(good, bad, retry=True).failures == ()
    assert place.held() == completed(good, bad)
    assert place.names() == named(good, bad)


def test_a_file_that_failed_for_the_service_s_own_reasons_is_tried_again(start):
    place = start(broken={named(document(1))[0]: "server_error"})
    assert len(place.keep(document(1)).failures) == 1
    place.azure.stores.broken = {}
    assert place.keep(document(1)).failures == ()
    assert place.held() == completed(document(1))
    assert place.names() == named(document(1))


def test_what_takes_too_long_goes_on_without_being_waited_for(start):
    place = start(StoreLimits(patience=0), reads=3)
    report = place.keep(document(1))
    assert (report.uploaded, report.indexed, report.waiting, report.failures) == (1, 0, 1, ())
    assert place.keep(document(1)).uploaded == 0
    for _ in range(3):
        place.keep(document(1))
    assert place.held() == completed(document(1))


def test_more_files_than_a_store_holds_are_refused_before_anything_is_done(start):
    place = start(StoreLimits(files=2))
    place.keep(document(1))
    before = len(writes(place.azure))
    with pytest.raises(LimitExceeded, match="holds 2 files at the most; this needs 3"):
        place.keep(document(1), document(2), document(3))
    assert len(writes(place.azure)) == before


def test_a_file_that_is_too_large_is_named_and_not_sent(start):
    place = start(StoreLimits(file_bytes=100, patience=30))
    report = place.keep(document(1), document(2, "x" * 101))
    assert report.failures == (Failure(document(2)[0], "its text has 101 bytes; a file at Azure has 100 at the most"),)
    assert place.names() == named(document(1))


def test_a_file_that_the_service_refuses_is_named(start):
    place = start(limits=Limits(file_bytes=100))
    report = place.keep(document(1), document(2, "x" * 101))
    assert [failure.document_id for failure in report.failures] == [document(2)[0]]
    assert "HTTP 413" in report.failures[0].reason
    assert place.held() == completed(document(1))


def test_a_document_that_has_changed_meanwhile_is_left_to_the_next_plan(start):
    place = start()
    store = place.stores.provide("acme", place.store_id, go_on)
    plan = place.keeper.plan(store, dict([document(1)[:2]]), go_on)
    report = place.keeper.carry_out(plan, lambda *_: None, go_on)
    assert (report.uploaded, report.failures) == (0, ())
    assert place.held() == []


def test_work_that_is_stopped_is_carried_on(start):
    place = start(StoreLimits(batch=2, patience=30))
    texts = {document(n)[:2]: document(n)[2] for n in range(6)}
    store = place.stores.provide("acme", place.store_id, go_on)
    plan = place.keeper.plan(store, dict(iter(texts)), go_on)

    def text_of(*key):
        if key == document(3)[:2]:
            raise Cancelled
        return texts[key]

    with pytest.raises(Cancelled):
        place.keeper.carry_out(plan, text_of, go_on)
    place.keep(*(document(n) for n in range(6)))
    assert place.held() == completed(*(document(n) for n in range(6)))
    assert place.names() == named(*(document(n) for n in range(6)))


def once(method, ending, fault):
    """This fault for the first request that fits."""
    left = [fault]

    def decide(request):
        path = urlsplit(request.path).path
        return left.pop() if left and request.method == method and path.endswith(ending) else None

    return decide


FAULTS = [
    Fault(status=429, headers={"Retry-After": "0"}),
    Fault(status=429),
    Fault(status=503),
    html_page(502),
    Fault(cuts=True),
    DoneAndLost(status=503),
    DoneAndLost(status=200, cuts_after=0),
    DoneAndLost(status=502, body=b"<html>"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{type(fault).__name__}-{fault.status}-{fault.cuts}")
@pytest.mark.parametrize(("method", "ending"), [("POST", "/files"), ("POST", "/file_batches"), ("GET", "/files")])
def test_pain_a_request_that_fails_once_makes_nothing_twice(start, fault, method, ending):
    place = start(faults=once(method, ending, fault))
    assert place.keep(document(1), document(2)).failures == ()
    assert place.held() == completed(document(1), document(2))
    assert place.names() == named(document(1), document(2))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{type(fault).__name__}-{fault.status}-{fault.cuts}")
def test_pain_an_erasing_that_fails_once_is_done(start, fault):
    place = start(faults=once("DELETE", "", fault))
    place.keep(document(1), document(2))
    assert place.keep(document(2)).removed == 1
    assert (place.held(), place.names()) == (completed(document(2)), named(document(2)))


def test_pain_an_outage_says_so_and_what_was_done_is_not_done_again(start):
    out = []
    place = start(StoreLimits(batch=1, patience=30), faults=lambda _: Fault(status=503) if out else None)
    texts = {document(n)[:2]: document(n)[2] for n in range(3)}
    store = place.stores.provide("acme", place.store_id, go_on)
    plan = place.keeper.plan(store, dict(iter(texts)), go_on)

    def text_of(*key):
        if key == document(1)[:2]:
            out.append(True)
        return texts[key]

    with pytest.raises(Transient, match="503"):
        place.keeper.carry_out(plan, text_of, go_on)
    out.clear()
    report = place.keep(*(document(n) for n in range(3)))
    assert (report.kept, report.uploaded) == (1, 2)
    assert place.names() == named(*(document(n) for n in range(3)))


def test_pain_files_that_were_uploaded_twice_become_one(start):
    place = start()
    place.keep(document(1))
    for _ in range(2):
        double = place.azure.stores.add_file(named(document(1))[0], b"", place.azure.now)
        place.azure.stores.attach(place.store_id, {"file_id": double["id"]}, place.azure.now)
    place.azure.stores.add_file(named(document(1))[0], b"", place.azure.now)
    place.stores._names.clear()
    assert place.keep(document(1)).removed == 3
    assert (place.held(), place.names()) == (completed(document(1)), named(document(1)))


def test_pain_what_a_store_holds_of_an_erased_file_is_erased(start):
    place = start()
    place.keep(document(1), document(2))
    file_id = next(id_ for id_, file in place.azure.stores.files.items() if file["filename"] == named(document(1))[0])
    place.azure.stores.forget_file(file_id)
    place.stores._names.clear()
    place.keep(document(1), document(2))
    assert place.held() == completed(document(1), document(2))
    assert place.names() == named(document(1), document(2))


@pytest.mark.parametrize("gone", [False, True], ids=["expired", "gone"])
def test_pain_a_store_that_has_expired_is_rebuilt_from_the_documents(start, gone):
    place = start()
    place.keep(document(1))
    if gone:
        place.azure.stores.forget(place.store_id, place.azure.now)
    else:
        place.azure.stores.modify(
            place.store_id, {"expires_after": {"anchor": "last_active_at", "days": 7}}, place.azure.now
        )
        place.azure.pass_time(8 * 86_400)
    report = place.keep(document(1), document(2))
    assert report.store.id != place.store_id
    assert place.held(report.store.id) == completed(document(1), document(2))
    assert place.names() == named(document(1), document(2))
    assert place.azure.stores.stores[report.store.id]["expires_after"] is None
    again = place.keep(document(1), document(2))
    assert (again.store, again.kept, again.uploaded) == (report.store, 2, 0)
    assert place.stores.in_use("acme", place.store_id, go_on) == report.store


def test_another_company_s_stand_in_is_none_of_its_own(start):
    place = start()
    place.azure.stores.forget(place.store_id, place.azure.now)
    place.stores.provide("globex", place.store_id, go_on)
    assert place.stores.in_use("acme", place.store_id, go_on) is None


@pytest.mark.parametrize("fault", [None, *FAULTS], ids=repr)
def test_providing_a_store_makes_one_at_the_most(start, fault):
    place = start(faults=once("POST", "/vector_stores", fault) if fault else ())
    made = place.stores.provide("initech", None, go_on)
    assert place.stores.provide("initech", None, go_on) == made
    stores = place.azure.stores.stores.values()
    assert [s["name"] for s in stores if s["metadata"].get("sophia_company") == "initech"] == ["sophia-initech"]
