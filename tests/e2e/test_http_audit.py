"""What the audit trail says of those who were refused."""

from collections import Counter

from harness import QUESTION, World

from sophia.domain.audit import AuditEntry
from sophia.domain.tenancy import PLATFORM
from sophia.testing.scopes import system_scope


def entries(world: World, company: str = "acme") -> list[AuditEntry]:
    with world.sophia.records.read(system_scope(company)) as tx:
        return list(tx.audit.entries())


def test_who_may_not_do_something_is_recorded_in_the_trail_of_their_company(informed: World) -> None:
    before = entries(informed, "globex")
    for _ in range(3):
        assert informed.caller("reader").post("/refresh", json={"companyId": "acme"}).status_code == 403
    foreign = {"companyId": "globex", "message": QUESTION}
    assert informed.caller("ana").post("/chat", json=foreign).status_code == 403
    assert informed.caller("ana").get("/threads", params={"companyId": "globex"}).status_code == 403
    informed.outside.clock.advance(60)
    informed.sophia.services.background.do_chores()
    refused = [entry for entry in entries(informed) if entry.event.action == "permission.refused"]
    counted = Counter({(entry.actor, entry.event.subject): entry.event.details["times"] for entry in refused})
    assert counted == {("reader", "refresh"): 3, ("ana", "company"): 2}
    assert entries(informed, "globex") == before


def test_who_does_not_get_in_is_counted_in_the_platforms_trail(world: World) -> None:
    for _ in range(3):
        assert world.nobody().get("/threads").status_code == 401
    assert world.caller(key="sph_wrong").get("/threads").status_code == 401
    assert world.caller("nobody-knows").get("/threads").status_code == 403
    assert world.report("tkt_1", {"version": 1, "state": "accepted"}, secret_of="globex").status_code == 401
    world.outside.clock.advance(60)
    world.sophia.services.background.do_chores()
    counted = {entry.event.subject: entry.event.details["times"] for entry in entries(world, PLATFORM)}
    assert counted == {"none": 3, "access-key": 1, "access-key/user": 1, "webhook": 1}
    assert entries(world, "acme") == entries(world, "globex") == []


def test_what_was_counted_is_written_when_the_server_stops(world: World) -> None:
    world.nobody().get("/threads")
    world.sophia.close()
    assert [entry.event.action for entry in entries(world, PLATFORM)] == ["sign_in.refused"]
