"""The knowledge base over HTTP."""

from harness import PATIENCE, World


def refreshed(caller, **options) -> dict:
    begun = caller.post("/refresh", json={"companyId": caller.company, **options})
    assert begun.status_code == 202
    with caller.stream(f"{begun.headers['location']}/events") as stream:
        events = list(stream)
    state = caller.get(begun.headers["location"]).json()
    assert events[-1].data == state
    return state


def test_a_refresh_takes_in_what_is_new_and_erases_what_is_gone(world: World) -> None:
    ana = world.caller()
    source = world.outside.sources["acme"][0]
    assert refreshed(ana)["report"]["added"] == 3
    source.documents["backups.md"] = "# Backups\n\nBackups are made every hour now.\n"
    del source.documents["passwords.md"]
    source.documents["new.md"] = "# New\n\nSomething new.\n"
    source.failures["broken.pdf"] = "it is no PDF"
    report = refreshed(ana)["report"]
    assert [report[k] for k in ("unchanged", "added", "updated", "removed")] == [1, 1, 1, 1]
    assert report["failures"] == [{"source": "docs", "externalId": "broken.pdf", "reason": "it is no PDF"}]
    assert [s["failures"] for s in ana.get("/sources").json()["items"]] == [report["failures"], []]
    assert "every hour" in ana.ask().json()["answer"]


def test_a_dry_run_changes_nothing(world: World) -> None:
    ana = world.caller()
    state = refreshed(ana, dryRun=True, sources=["docs"])
    assert (state["dryRun"], state["sources"], state["report"]["added"]) == (True, ["docs"], 2)
    assert state["report"]["estimatedTokens"] > 0
    assert ana.get("/documents").json()["items"] == []
    assert refreshed(ana, force=True)["force"]


def test_one_refresh_at_a_time(world: World) -> None:
    slow = world.outside.converter
    slow.gate.clear()
    ana = world.caller()
    begun = ana.post("/refresh", json={"companyId": "acme"}).json()["refreshId"]
    assert slow.begun.wait(PATIENCE)
    response = ana.post("/refresh", json={"companyId": "acme"})
    assert (response.status_code, response.json()["refreshId"]) == (409, begun)
    assert response.json()["type"] == "urn:sophia:problem:refresh-in-progress"
    assert ana.get(f"/refresh/{begun}").json()["report"] is None
    assert world.caller("ana", "globex").post("/refresh", json={"companyId": "globex"}).status_code == 202
    slow.gate.set()
    with ana.stream(f"/refresh/{begun}/events") as stream:
        assert list(stream)[-1].name == "refresh.completed"
    with ana.stream(f"/refresh/{begun}/events", after=10**9) as stream:
        assert list(stream) == []


def test_a_source_that_does_not_answer_is_named(informed: World) -> None:
    informed.outside.sources["acme"][0].outage = "the share is gone"
    report = refreshed(informed.caller())["report"]
    assert [f["externalId"] for f in report["failures"]] == [""]
    assert len(informed.caller().get("/documents").json()["items"]) == 3


def test_documents_are_read_a_page_at_a_time(informed: World) -> None:
    ana = informed.caller()
    pages = [ana.get("/documents", params={"limit": 2}).json()]
    pages.append(ana.get("/documents", params={"limit": 2, "cursor": pages[0]["nextCursor"]}).json())
    assert [len(page["items"]) for page in pages] == [2, 1]
    assert pages[1]["nextCursor"] is None
    ids = [d["documentId"] for page in pages for d in page["items"]]
    assert ids == sorted(set(ids))
    assert [d["source"] for d in ana.get("/documents", params={"source": "private"}).json()["items"]] == ["private"]
    assert ana.get("/documents", params={"source": "none"}).json()["items"] == []


def test_an_old_version_can_be_shown(informed: World) -> None:
    ana = informed.caller()
    quote = ana.ask().json()["citations"][0]
    informed.outside.sources["acme"][0].documents["backups.md"] = "# Backups\n\nThere are none any more.\n"
    refreshed(ana)
    path = f"/documents/{quote['documentId']}"
    assert "none any more" in ana.get(path).json()["text"]
    old = ana.get(path, params={"version": quote["documentVersion"]}).json()
    assert old["documentVersion"] == quote["documentVersion"]
    assert old["text"][quote["start"] : quote["end"]] == quote["quote"]
    assert ana.get(path, params={"version": "sha256:" + "0" * 64}).status_code == 404


def test_a_deleted_document_is_gone_until_the_next_refresh(informed: World) -> None:
    ana = informed.caller()
    quote = ana.ask().json()["citations"][0]
    path = f"/documents/{quote['documentId']}"
    assert ana.delete(path).status_code == 204
    assert ana.get(path).status_code == 404
    assert ana.delete(path).status_code == 404
    assert quote["documentId"] not in [c["documentId"] for c in ana.ask().json()["citations"]]
    refreshed(ana)
    assert ana.get(path).status_code == 200
