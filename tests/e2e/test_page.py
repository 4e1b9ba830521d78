"""What somebody sees and does in the chat page: in headless Chromium, against the real server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from axe_playwright_python.sync_playwright import Axe
from browsing import DEMO, DOCUMENTS, EVIL, FOUND, LOGINS, PIECES, QUOTED, ROW, Site, Stage, app_of, launched, served
from conformance import Contract
from harness import ACTION, KEYS, World
from playwright.sync_api import Browser, Locator, Page, Route, expect

from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.tenancy import HandoffSetting
from sophia.testing.fakes.memory import MemoryRecords

ROTATED = "How often are keys rotated?"
NOT_FOUND = {"type": "urn:sophia:problem:not-found", "title": "", "status": 404, "detail": "", "instance": "req_1"}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def site(browser: Browser, contract: Contract, tmp_path: Path) -> Iterator[Site]:
    stage = Stage()
    sophia = Sophia(parse_settings({}, tmp_path), records=MemoryRecords(stage.clock), **stage.adapters())
    world = World(sophia, stage, contract)
    for company in KEYS:
        sophia.refresh(company)
    with served(app_of(world)) as port:
        site = Site(world, stage, browser, port)
        yield site
        site.close()
    world.close()
    assert site.faults == []


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")


def answer(page: Page):
    return page.locator("article.answer").last


def completed(page: Page):
    """The last answer, once it is whole."""
    expect(page.get_by_role("button", name=re.compile("^(Send|Enviar)$"))).to_be_visible()
    expect(answer(page)).to_have_attribute("aria-busy", "false")
    return answer(page)


def text_of(page: Page) -> str:
    return answer(page).locator(".text").inner_text()


class TestAnswers:
    def test_come_as_they_are_said(self, site: Site) -> None:
        page = site.open()
        ask(page, "Tell me slowly")
        for said in range(len(PIECES)):
            expect(answer(page).locator(".text")).to_have_text("".join(PIECES[:said]).strip())
            expect(answer(page)).to_have_attribute("aria-busy", "true")
            site.stage.go_on()
        expect(completed(page).locator(".text")).to_have_text("".join(PIECES).strip())

    def test_open_the_stored_document_at_the_quoted_words(self, site: Site) -> None:
        page = site.open()
        ask(page, ROTATED)
        completed(page).get_by_role("button", name="Citation 1: 🔐 Keys 🗝️").click()
        panel = page.get_by_role("complementary")
        expect(panel.locator("mark")).to_have_text(QUOTED)
        expect(panel.locator("mark")).to_be_in_viewport()
        expect(panel.get_by_role("region", name="Stored text")).to_have_text(DOCUMENTS["keys.md"].strip())
        expect(panel.get_by_role("heading", name="1. 🔐 Keys 🗝️")).to_be_focused()
        expect(panel).to_contain_text("Verified")

    def test_list_their_citations(self, site: Site) -> None:
        page = site.open()
        ask(page, ROTATED)
        completed(page).get_by_role("listitem").get_by_role("button").click()
        expect(page.locator("mark")).to_have_text(QUOTED)

    def test_of_one_section_are_told_apart_by_what_they_quote(self, site: Site) -> None:
        page = site.open()
        ask(page, "Which are alike?")
        expect(completed(page).locator(".citations .quoted")).to_have_text([QUOTED, "Read this first."])
        ask(page, ROTATED)
        expect(completed(page).locator(".citations .quoted")).to_have_count(0)

    def test_say_which_words_do_not_stand_there(self, site: Site) -> None:
        page = site.open()
        ask(page, "What would a misquote be?")
        expect(completed(page).locator(".limitations")).to_contain_text("do not stand in the document word for word")
        answer(page).get_by_role("button", name=re.compile("^Citation 1")).click()
        expect(page.get_by_role("complementary")).to_contain_text("Not verified")

    def test_show_what_was_quoted_when_the_document_is_gone(self, site: Site) -> None:
        page = site.open()
        ask(page, ROTATED)
        marker = completed(page).get_by_role("button", name=re.compile("^Citation 1"))
        caller = site.world.caller()
        for document in caller.get("/documents").json()["items"]:
            caller.delete(f"/documents/{document['documentId']}")
        marker.click()
        expect(page.get_by_role("complementary")).to_contain_text("is not kept any more")
        expect(page.get_by_role("complementary").locator("blockquote")).to_have_text(QUOTED)

    def test_mark_what_nothing_supports(self, site: Site) -> None:
        page = site.open()
        ask(page, f"{ROTATED} And dragons?")
        marked = completed(page).locator(".unsupported")
        expect(marked).to_have_text("Dragons 😀 are made of cheese. (unsupported) ")
        expect(answer(page)).to_contain_text("has no verified citation")

    def test_end_no_line_before_what_ends_the_sentence(self, site: Site) -> None:
        page = site.open()
        ask(page, "Who had failed logins?")
        text = completed(page).locator(".text")
        for width in range(360, 500, 10):
            page.set_viewport_size({"width": width, "height": 740})
            chip, stop = text.evaluate(
                """element => {
                    const stop = document.createRange();
                    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
                    for (let node; (node = texts.nextNode());) if (node.data === ".") stop.selectNode(node);
                    return [element.querySelector(".cite"), stop].map((one) => one.getBoundingClientRect().bottom);
                }"""
            )
            assert abs(chip - stop) < 12, width

    def test_tell_what_was_handed_over(self, site: Site) -> None:
        page = site.open()
        ask(page, ACTION)
        card = completed(page).locator(".handoff")
        expect(card.get_by_role("heading")).to_have_text("Handed over to VICTORIA")
        ticket = site.world.caller().get("/tickets").json()["items"][0]
        facts = dict(zip(card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts(), strict=True))
        assert facts == {
            "Number": ticket["externalId"],
            "Kind": "change",
            "Status": "delivered",
            "Request": ACTION,
            "Reason": "the message asks for something to be done",
        }

    def test_ask_before_something_is_handed_over_and_take_a_click_for_the_reply(self, site: Site) -> None:
        site.stage.directory.add(evolve(site.stage.directory.company("acme"), handoff=HandoffSetting.CONFIRM))
        page = site.open()
        ask(page, ACTION)
        card = completed(page).locator(".handoff")
        expect(card.get_by_role("heading")).to_have_text("VICTORIA waits for your confirmation")
        expect(card).to_contain_text(ACTION)
        assert site.world.caller().get("/tickets").json()["items"] == []
        card.get_by_role("button", name="Yes").click()
        expect(page.locator(".question").last).to_have_text(re.compile("Yes$"))
        expect(completed(page).locator(".handoff")).to_contain_text("Handed over to VICTORIA")
        expect(page.get_by_role("button", name="Yes")).to_have_count(0)
        (ticket,) = site.world.caller().get("/tickets").json()["items"]
        assert ticket["title"] == ACTION

    def test_tell_what_was_not_handed_over(self, site: Site) -> None:
        page = site.open()
        page.get_by_role("combobox", name="User").select_option("reader")
        ask(page, ACTION)
        expect(completed(page).locator(".handoff")).to_contain_text("Not handed over to VICTORIA")
        expect(answer(page).locator(".handoff")).to_contain_text("the user lacks the permission")

    def test_see_a_queued_ticket_delivered(self, site: Site) -> None:
        page = site.open()
        site.stage.desk.is_down = True
        ask(page, ACTION)
        expect(completed(page).locator(".handoff")).to_contain_text("queued")
        site.stage.desk.is_down = False
        site.stage.clock.advance(3600)
        site.world.sophia.services.background.do_chores()
        expect(answer(page).locator(".handoff")).to_contain_text("delivered")
        expect(page.locator(".news")).to_contain_text("is not queued any more: VICTORIA has it as TCK-1")

    def test_see_what_the_agent_that_acts_reports(self, site: Site) -> None:
        page = site.open()
        ask(page, ACTION)
        expect(completed(page).locator(".handoff")).to_contain_text("delivered")
        ticket = site.world.caller().get("/tickets").json()["items"][0]["ticketId"]
        note = "<img src=x onerror=alert(1)> **tonight** [1]"
        assert site.world.report(ticket, {"version": 1, "state": "in_progress", "note": note}).status_code == 200
        said = "VICTORIA has it and is working on it. Note from VICTORIA: “<img src=x onerror=alert(1)> **tonight**”"
        expect(page.locator(".news")).to_have_count(1)
        expect(page.locator(".news")).to_contain_text(said)
        card = answer(page).locator(".handoff")
        expect(card).to_contain_text("in progress")
        expect(card).to_contain_text(note)
        page.reload()
        expect(page.locator(".news")).to_contain_text(said)
        assert page.locator(".news img, .handoff img").count() == 0

    def test_tell_of_their_look_ups(self, site: Site) -> None:
        page = site.open()
        ask(page, "Use a tool")
        completed(page).get_by_text("2 look-ups").click()
        expect(answer(page).get_by_role("listitem")).to_have_text(
            [re.compile("^rag_search: done, "), re.compile("^create_ticket: denied, ")]
        )

    def test_show_what_was_looked_up_when_it_is_unfolded(self, site: Site) -> None:
        page = site.open(timezone_id="Europe/Madrid")
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url) if "/evidence/" in request.url else None)
        ask(page, "Who had failed logins?")
        fold = completed(page).locator(".lookup")
        expect(fold.get_by_role("table")).to_be_hidden()
        assert fetched == []
        fold.locator("summary").click()
        expect(fold.get_by_role("columnheader")).to_have_text(["user", "origin", "failed logins"])
        expect(fold.get_by_role("row")).to_have_count(len(FOUND))  # of which one is the head, and one was cut
        assert fold.get_by_role("row").nth(1).get_by_role("cell").all_inner_texts() == list(FOUND[0])
        facts = dict(zip(fold.locator("dt").all_inner_texts(), fold.locator("dd").all_inner_texts(), strict=True))
        assert (facts["System"], facts["Query"]) == ("siem", LOGINS)
        assert facts["Period"] == "From 31 Dec 2025, 13:00:00 CET to 1 Jan 2026, 01:00:00 CET"
        assert facts["Rows"] == f"{len(FOUND) - 1} of {len(FOUND)}"
        assert facts["Incomplete"] == f"more rows than are kept (at most {len(FOUND) - 1})"
        expect(fold.get_by_role("link", name="Open the original")).to_have_attribute("href", "https://siem.example.com")
        fold.locator("summary").click()
        fold.locator("summary").click()
        expect(fold.get_by_role("table")).to_be_visible()
        assert len(fetched) == 1
        assert page.evaluate("window.pwned") is None

    def test_open_what_was_found_at_the_row_that_is_quoted(self, site: Site) -> None:
        page = site.open()
        ask(page, "Who had failed logins?")
        completed(page).get_by_role("button", name=re.compile("^Citation 1: index=auth")).first.click()
        panel = page.get_by_role("complementary")
        expect(panel.locator(".quoted")).to_have_text("m.serrano203.0.113.6647")
        expect(panel.locator(".quoted")).to_be_in_viewport()
        expect(panel).to_contain_text("Verified: this very row stands in what was found")
        expect(panel).to_contain_text(LOGINS)
        assert page.evaluate("window.pwned") is None

    def test_show_what_is_unfolded_under_the_box(self, site: Site) -> None:
        page = site.open()
        ask(page, "Tell me markdown and who had failed logins")
        summary = completed(page).locator(".lookup summary")
        summary.click()
        expect(answer(page).get_by_role("columnheader").last).to_be_in_viewport()
        assert is_clear(page, summary)

    def test_say_when_what_was_found_is_gone(self, site: Site) -> None:
        page = site.open()
        ask(page, "Who had failed logins?")
        completed(page)
        page.route("**/evidence/**", lambda route: route.fulfill(status=404, json=NOT_FOUND))
        fold = answer(page).locator(".lookup")
        fold.locator("summary").click()
        expect(fold).to_contain_text("is not kept any more")
        answer(page).get_by_role("button", name=re.compile("^Citation 1")).first.click()
        expect(page.get_by_role("complementary").locator("blockquote")).to_have_text(ROW)
        page.unroute("**/evidence/**")
        page.keyboard.press("Escape")
        fold.locator("summary").click()
        fold.locator("summary").click()
        expect(fold.get_by_role("table")).to_be_visible()

    def test_say_that_nothing_was_found(self, site: Site) -> None:
        page = site.open()
        ask(page, "Is there nothing?")
        fold = completed(page).locator(".lookup")
        fold.locator("summary").click()
        expect(fold).to_contain_text("There is no row.")

    def test_name_a_look_up_that_was_refused(self, site: Site) -> None:
        page = site.open(locale="es-ES")
        ask(page, "Where is it written?")
        expect(completed(page).locator(".limitations")).to_contain_text("outputlookup")
        expect(answer(page).locator(".lookup")).to_have_count(0)
        answer(page).get_by_text("1 consulta").click()
        expect(answer(page).get_by_role("listitem").last).to_have_text(re.compile("^splunk_query: denegada, "))

    def test_read_as_they_were_written(self, site: Site) -> None:
        page = site.open()
        ask(page, "Give me markdown")
        text = completed(page).locator(".text")
        expect(text.locator("p.heading")).to_have_text("Steps")
        expect(text.locator("ol li")).to_have_text(["Open the console", "Run show jobs"])
        expect(text.locator("strong")).to_have_text(["console", "ana"])
        expect(text.get_by_role("columnheader")).to_have_text(["user", "failed"])
        expect(text.get_by_role("cell")).to_have_text(["ana", "3", "a | b", ""])
        expect(text.locator("pre")).to_have_text("set a < b")
        expect(text.locator("ul li")).to_have_text(["first", "second"])
        expect(text.locator("p").last).to_have_text("A line and its end")

    def test_never_become_markup(self, site: Site) -> None:
        page = site.open()
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        ask(page, f"{ROTATED} And {EVIL} evil")
        # The ticket is named by the words that order something.
        expect(completed(page).locator(".text")).to_contain_text(EVIL.partition(".pwned=1</script>")[0])
        expect(page.locator("article.question")).to_contain_text(EVIL)
        answer(page).get_by_role("button", name=re.compile("^Citation 1")).click()
        expect(page.get_by_role("region", name="Stored text")).to_contain_text(EVIL)
        assert page.locator("img, body script, [href^='javascript:']").count() == 0
        assert page.locator("#conversation a, #panel-body .document a").count() == 0
        assert not page.evaluate("'pwned' in window")
        assert addresses
        assert not any("elsewhere.example" in address for address in addresses)

    def test_can_be_stopped(self, site: Site) -> None:
        page = site.open()
        ask(page, "Go on endlessly")
        expect(answer(page)).to_contain_text("and so on and so on")
        page.get_by_role("button", name="Stop").click()
        expect(completed(page)).to_contain_text("You stopped this answer.")
        page.reload()
        expect(completed(page)).to_contain_text("You stopped this answer.")

    def test_of_a_long_thread_are_asked_for_as_they_come_in_sight(self, site: Site) -> None:
        caller = site.world.caller()
        thread = caller.ask(f"{ROTATED} And the first?").json()["threadId"]
        for number in range(49):
            assert caller.ask(f"{ROTATED} {number}", threadId=thread).status_code == 200
        page = site.context(locale="en-GB").new_page()
        runs: set[str] = set()
        page.on("request", lambda request: runs.add(request.url) if "/runs/" in request.url else None)
        site.visit(page, f"/?thread={thread}")
        expect(answer(page).locator(".citations")).to_be_in_viewport()
        asked = len(runs)
        first = page.locator("article.answer").first
        expect(first.locator(".citations")).to_have_count(0)
        page.locator(".question").first.scroll_into_view_if_needed()
        expect(first.locator(".citations")).to_be_visible()
        assert asked < len(runs) < 50

    def test_that_failed_can_be_asked_for_again(self, site: Site) -> None:
        page = site.open()
        ask(page, "Why is this unanswered?")
        completed(page).get_by_role("button", name="Ask again").click()
        expect(page.locator(".question")).to_have_count(2)
        expect(page.locator(".question").last).to_have_text(re.compile("Why is this unanswered\\?$"))
        expect(completed(page).get_by_role("button", name="Ask again")).to_be_visible()
        expect(page.get_by_role("button", name="Ask again")).to_have_count(1)
        page.reload()
        expect(completed(page).get_by_role("button", name="Ask again")).to_be_visible()


class TestConnection:
    def test_a_stream_that_is_cut_goes_on_with_no_text_lost_or_said_twice(self, site: Site) -> None:
        page = site.open()
        asked_for: list[int] = []
        page.on("request", lambda request: asked_for.append(int(request.headers.get("last-event-id", 0))))
        ask(page, "Tell me slowly")
        for piece in (1, 2, 3):
            site.stage.go_on()
            expect(answer(page).locator(".text")).to_contain_text(PIECES[piece - 1].strip())
            site.wire.cut()
            expect(answer(page)).to_contain_text("The connection was lost. Trying again…")
            site.wire.mend()
            expect(answer(page)).to_contain_text("Answering…")
        site.stage.go_on(len(PIECES))
        expect(completed(page).locator(".text")).to_have_text("".join(PIECES).strip())
        assert {2, 3, 4} <= set(asked_for)  # after the event that each piece was
        assert len(site.world.caller().get("/threads").json()["items"]) == 1

    def test_the_deltas_alone_say_nothing_twice(self, site: Site) -> None:
        """Before the last event puts the text right."""
        page = site.open()
        ask(page, "Tell me slowly")
        site.stage.go_on(2)
        expect(answer(page).locator(".text")).to_have_text("".join(PIECES[:2]).strip())
        site.wire.cut()
        site.stage.go_on(2)
        expect(answer(page)).to_contain_text("Trying again")
        site.wire.mend()
        expect(answer(page).locator(".text")).to_have_text("".join(PIECES[:4]).strip())

    def test_an_answer_that_ends_while_the_connection_is_lost_is_there_afterwards(self, site: Site) -> None:
        page = site.open()
        ask(page, "Tell me slowly")
        site.stage.go_on()
        expect(answer(page)).to_contain_text(PIECES[0].strip())
        site.wire.cut()
        site.stage.go_on(len(PIECES))
        expect(answer(page)).to_contain_text("Trying again")
        site.wire.mend()
        expect(completed(page).locator(".text")).to_have_text("".join(PIECES).strip())

    def test_a_message_that_was_not_heard_is_sent_once(self, site: Site) -> None:
        page = site.open()
        expect(page.get_by_role("heading", name="Ask about")).to_be_visible()
        site.wire.cut()
        ask(page, ROTATED)
        expect(answer(page)).to_contain_text("Trying again")
        site.wire.mend()
        expect(completed(page)).to_contain_text("90 days")
        thread = site.world.caller().get("/threads").json()["items"][0]
        assert len(site.world.caller().get(f"/threads/{thread['threadId']}/messages").json()["items"]) == 2

    def test_a_message_whose_reply_was_lost_is_not_sent_twice(self, site: Site) -> None:
        """The first request reaches SOPHIA, its response does not reach the page."""
        page = site.open()
        posted: list[Route] = []

        def lose_the_first(route: Route) -> None:
            posted.append(route)
            if len(posted) == 1:
                thread = site.world.caller().post(
                    "/chat",
                    content=route.request.post_data_buffer,
                    headers={
                        "Content-Type": "application/json",
                        "Idempotency-Key": route.request.headers["idempotency-key"],
                    },
                )
                assert thread.status_code == 200
                route.abort()
            else:
                route.continue_()

        page.route("**/chat", lose_the_first)
        ask(page, ROTATED)
        expect(completed(page)).to_contain_text("90 days")
        assert len(posted) == 2
        assert len(site.world.caller().get("/threads").json()["items"]) == 1

    def test_a_run_that_began_anew_says_nothing_of_its_first_life(self, site: Site) -> None:
        """As after the process died that played it."""
        page = site.open()
        begun = ("run.started", {"runId": f"run_{'0' * 26}", "threadId": f"thr_{'0' * 26}"})
        events = [begun, ("message.delta", {"text": "Half a"}), begun, ("message.delta", {"text": "A whole"})]
        body = "".join(
            f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
            for number, (name, data) in enumerate(events, 1)
        )
        headers = {"Location": f"/runs/run_{'0' * 26}", "Content-Type": "text/event-stream"}
        page.route("**/chat", lambda route: route.fulfill(body=body, headers=headers))
        page.route("**/events", lambda route: route.abort())
        ask(page, ROTATED)
        expect(answer(page)).to_contain_text("Trying again")
        expect(answer(page).locator(".text")).to_have_text("A whole")

    def test_a_reload_takes_the_answer_up_again(self, site: Site) -> None:
        page = site.open()
        ask(page, "Tell me slowly")
        site.stage.go_on()
        expect(answer(page)).to_contain_text(PIECES[0].strip())
        page.reload()
        expect(answer(page)).to_contain_text(PIECES[0].strip())
        expect(page.get_by_role("button", name="Stop")).to_be_enabled()
        site.stage.go_on(len(PIECES))
        expect(completed(page).locator(".text")).to_have_text("".join(PIECES).strip())

    def test_what_is_asked_before_the_list_of_threads_is_there_stays(self, site: Site) -> None:
        page = site.context(locale="en-GB").new_page()
        held: dict[str, Route] = {}

        def hold(route: Route) -> None:
            if held.setdefault(route.request.method, route) is not route:
                route.continue_()

        page.route(re.compile(r"/threads\?|/chat$"), hold)
        site.visit(page)
        ask(page, ROTATED)
        expect(page.locator("article.answer")).to_have_count(1)
        held["GET"].continue_()
        expect(page.locator("#thread-list li")).to_have_text("None yet.")
        held["POST"].continue_()
        expect(completed(page).locator(".text")).not_to_be_empty()

    def test_a_thread_that_is_busy_shows_what_it_is_busy_with(self, site: Site) -> None:
        first = site.open()
        ask(first, ROTATED)
        completed(first)
        second = site.open(first.url.partition(str(site.wire.port))[2])
        completed(second)
        ask(first, "Tell me slowly")
        site.stage.go_on()
        expect(answer(first)).to_contain_text(PIECES[0].strip())
        ask(second, "And what else?")
        expect(second.locator(".problem")).to_contain_text("being answered already")
        expect(answer(second)).to_contain_text(PIECES[0].strip())
        expect(second.get_by_role("textbox")).to_have_value("And what else?")
        site.stage.go_on(len(PIECES))
        for page in (first, second):
            expect(completed(page).locator(".text")).to_have_text("".join(PIECES).strip())


class TestProblems:
    def test_of_a_run_are_told_in_words(self, site: Site) -> None:
        page = site.open()
        ask(page, "Why is this unanswered?")
        expect(completed(page).locator(".problem")).to_contain_text("does not answer. Try again in a moment.")
        page.reload()
        expect(completed(page).locator(".problem")).to_contain_text("does not answer")

    @pytest.mark.parametrize(
        ("status", "code", "headers", "told"),
        [
            (429, "limit-exceeded", {"Retry-After": "7"}, "You have reached a limit. Try again in 7 seconds."),
            (503, "unavailable", {"Retry-After": "5"}, "does not answer. Try again in 5 seconds."),
            (403, "permission-denied", {}, "You may not do this."),
            (403, "company-mismatch", {}, "The key is another company’s."),
            (413, "body-too-large", {}, "The message is too long."),
            (418, "teapot", {}, "It could not be done."),
        ],
    )
    def test_of_a_request_are_told_in_words(self, site: Site, status: int, code: str, headers, told: str) -> None:
        page = site.open()
        problem = {"type": f"urn:sophia:problem:{code}", "title": code, "status": status, "detail": "so it is"}
        page.route("**/chat", lambda route: route.fulfill(status=status, json=problem, headers=headers))
        ask(page, ROTATED)
        expect(page.locator(".problem")).to_contain_text(told)
        expect(page.get_by_role("status")).to_contain_text(told)
        expect(page.get_by_role("textbox")).to_have_value(ROTATED)
        page.unroute("**/chat")
        page.keyboard.press("Enter")
        expect(completed(page)).to_contain_text("90 days")
        expect(page.locator(".problem")).to_have_count(0)

    @pytest.mark.parametrize(
        ("limit", "locale", "seconds", "told"),
        [
            ("requests", "en-GB", 40, "Your company has sent too many requests in a minute. Try again in 40 seconds."),
            (
                "user_requests",
                "es-ES",
                40,
                "Has hecho demasiadas peticiones en un minuto. Prueba de nuevo dentro de 40",
            ),
            ("runs", "es-ES", 2, "todas las preguntas que tu empresa puede hacer a la vez"),
            ("user_runs", "en-GB", 2, "as many questions as you may ask at once. Try again in 2 seconds."),
            ("tokens", "en-GB", 30_000, "used up its day’s share of the model. Try again in 9 hours."),
            ("user_tokens", "es-ES", 600, "en un día. Prueba de nuevo dentro de 10 minutos."),
        ],
    )
    def test_of_a_limit_tell_which_it_is_and_for_how_long(
        self, site: Site, limit: str, locale: str, seconds: int, told: str
    ) -> None:
        page = site.open(locale=locale)
        problem = {
            "type": "urn:sophia:problem:limit-exceeded",
            "title": "",
            "status": 429,
            "detail": "",
            "limit": limit,
        }
        headers = {"Retry-After": str(seconds)}
        page.route("**/chat", lambda route: route.fulfill(status=429, json=problem, headers=headers))
        page.get_by_role("textbox").fill(ROTATED)
        page.keyboard.press("Enter")
        expect(page.locator(".problem")).to_contain_text(told)

    def test_a_key_that_is_not_good_any_more(self, site: Site) -> None:
        page = site.open()
        page.route(
            "**/chat", lambda route: route.continue_(headers={**route.request.headers, "x-agent-access-key": "old"})
        )
        ask(page, ROTATED)
        expect(page.locator(".problem")).to_contain_text("The key is not valid or has expired.")
        page.unroute("**/chat")
        page.get_by_role("button", name="Reload the page").click()
        expect(page.get_by_role("heading", name="Ask about")).to_be_visible()

    def test_a_thread_that_is_not_there(self, site: Site) -> None:
        page = site.open(f"/?thread=thr_{'0' * 26}")
        expect(page.locator(".problem")).to_contain_text("That is not there any more, or it is not yours.")


class TestThreads:
    def test_are_listed_opened_and_begun(self, site: Site) -> None:
        page = site.open()
        threads = page.get_by_role("navigation")
        expect(threads).to_contain_text("None yet.")
        ask(page, ROTATED)
        completed(page)
        threads.get_by_role("button", name="New conversation").click()
        expect(page.get_by_role("textbox")).to_be_focused()
        ask(page, "Where are dragons?")
        completed(page)
        expect(threads.get_by_role("link")).to_have_text(["Where are dragons?", ROTATED])
        expect(threads.locator("[aria-current=page]")).to_have_text("Where are dragons?")
        threads.get_by_role("link", name=ROTATED).click()
        expect(completed(page)).to_contain_text("90 days")
        expect(page).to_have_title(f"{ROTATED} – SOPHIA")
        expect(threads.locator("[aria-current=page]")).to_have_text(ROTATED)
        page.go_back()
        expect(completed(page)).to_contain_text("Dragons 😀 are made of cheese.")

    def test_are_left_and_come_back_to_while_they_are_answered(self, site: Site) -> None:
        page = site.open()
        ask(page, "Tell me slowly")
        site.stage.go_on()
        expect(answer(page)).to_contain_text(PIECES[0].strip())
        page.get_by_role("button", name="New conversation").click()
        ask(page, ROTATED)
        expect(completed(page)).to_contain_text("90 days")
        page.get_by_role("link", name="Tell me slowly").click()
        site.stage.go_on(len(PIECES))
        expect(completed(page).locator(".text")).to_have_text("".join(PIECES).strip())
        expect(page.locator("article")).to_have_count(2)

    def test_are_deleted_when_that_is_confirmed(self, site: Site) -> None:
        page = site.open()
        ask(page, ROTATED)
        completed(page)
        delete = page.get_by_role("button", name=f"Delete the conversation “{ROTATED}”")
        delete.click()
        dialog = page.get_by_role("dialog", name="Delete this conversation?")
        expect(dialog).to_contain_text(ROTATED)
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Escape")
        expect(delete).to_be_focused()
        assert len(site.world.caller().get("/threads").json()["items"]) == 1
        delete.click()
        dialog.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_role("navigation")).to_contain_text("None yet.")
        expect(page.get_by_role("heading", name="Ask about")).to_be_visible()
        assert site.world.caller().get("/threads").json()["items"] == []

    def test_are_shown_a_page_at_a_time(self, site: Site) -> None:
        caller = site.world.caller()
        for number in range(31):
            caller.ask(f"Dragon number {number}?")
        page = site.open()
        links = page.get_by_role("navigation").get_by_role("link")
        expect(links).to_have_count(30)
        page.get_by_role("button", name="Show older ones").click()
        expect(links).to_have_count(31)
        expect(page.get_by_role("button", name="Show older ones")).to_be_hidden()

    def test_are_each_users_own(self, site: Site) -> None:
        page = site.open()
        ask(page, ROTATED)
        completed(page)
        for choice in (("User", "luis"), ("Company", "globex")):
            page.get_by_role("combobox", name=choice[0]).select_option(choice[1])
            expect(page.get_by_role("navigation")).to_contain_text("None yet.")
            expect(page.locator("article")).to_have_count(0)
        page.reload()
        expect(page.get_by_role("combobox", name="Company")).to_have_value("globex")
        page.get_by_role("combobox", name="Company").select_option("acme")
        expect(page.get_by_role("link", name=ROTATED)).to_be_visible()


class TestSources:
    def test_tell_their_age_and_what_failed(self, site: Site) -> None:
        site.stage.sources["acme"][0].failures["broken.md"] = "it is no PDF"
        page = site.open()
        page.get_by_role("button", name="Sources").click()
        panel = page.get_by_role("complementary")
        expect(panel).to_contain_text("2 documents · Refreshed")
        panel.get_by_role("button", name="Refresh now").click()
        expect(panel).to_contain_text("Refresh done: 0 new, 0 changed, 0 removed, 3 unchanged.")
        expect(panel.get_by_role("listitem")).to_have_text("broken.md: it is no PDF")

    def test_a_refresh_shows_how_far_it_is_and_is_found_again(self, site: Site) -> None:
        site.stage.sources["acme"][0].documents["new.md"] = "# New\n\nNew words.\n"
        site.stage.converter.gate.clear()
        page = site.open()
        page.get_by_role("button", name="Sources").click()
        panel = page.get_by_role("complementary")
        panel.get_by_role("button", name="Refresh now").click()
        expect(panel.get_by_role("progressbar")).to_be_visible()
        page.reload()
        page.get_by_role("button", name="Sources").click()
        panel.get_by_role("button", name="Refresh now").click()
        expect(panel.get_by_role("progressbar")).to_be_visible()
        site.stage.converter.gate.set()
        expect(panel).to_contain_text("Refresh done: 1 new, 0 changed, 0 removed, 3 unchanged.")
        expect(panel).to_contain_text("3 documents")

    def test_a_refresh_that_is_not_allowed(self, site: Site) -> None:
        page = site.open()
        page.get_by_role("combobox", name="User").select_option("reader")
        page.get_by_role("button", name="Sources").click()
        page.get_by_role("button", name="Refresh now").click()
        expect(page.get_by_role("complementary").locator(".problem")).to_contain_text("You may not do this.")


class TestLanguages:
    @pytest.mark.parametrize(
        ("locale", "language", "greeting"),
        [
            ("es-MX", "es", "Pregunta por la seguridad de tu empresa"),
            ("en-US", "en", "Ask about your company’s security"),
            ("fr-FR", "en", "Ask about your company’s security"),
        ],
    )
    def test_follow_the_browser(self, site: Site, locale: str, language: str, greeting: str) -> None:
        page = site.open(locale=locale)
        expect(page.get_by_role("heading", name=greeting)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", language)

    def test_can_be_switched_and_are_remembered(self, site: Site) -> None:
        page = site.open()
        ask(page, ACTION)
        completed(page)
        page.get_by_role("textbox").fill("a draft")
        page.get_by_role("combobox", name="Language").select_option("es")
        expect(completed(page).locator(".handoff")).to_contain_text("Traspasado a VICTORIA")
        expect(answer(page).locator(".text")).to_have_attribute("lang", "en")
        expect(page.get_by_role("textbox")).to_have_value("a draft")
        page.reload()
        expect(page.get_by_role("button", name="Nueva conversación")).to_be_visible()

    def test_the_answer_says_its_own(self, site: Site) -> None:
        page = site.open()
        ask(page, "¿Quién dice dragons? Bloquea la IP 203.0.113.7 en el firewall")
        expect(completed(page).locator(".text")).to_have_attribute("lang", "es")


class TestEverybody:
    def test_the_keyboard_is_enough(self, site: Site) -> None:
        page = site.open()
        expect(page.get_by_role("heading", name="Ask about")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to writing a message")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("textbox")).to_be_focused()
        page.keyboard.type(ROTATED)
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("And slowly")
        expect(page.get_by_role("textbox")).to_have_value(f"{ROTATED}\nAnd slowly")
        page.keyboard.press("ControlOrMeta+Enter")
        site.stage.go_on(3)
        expect(answer(page)).to_contain_text(PIECES[2].strip())
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Stop")).to_be_focused()
        site.stage.go_on(len(PIECES))
        completed(page)
        expect(page.get_by_role("textbox")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        expect(page.locator(".citations button")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        marker = answer(page).get_by_role("button", name=re.compile("^Citation 1:")).first
        expect(marker).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("complementary").get_by_role("heading", name=re.compile("^1"))).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Close")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("region", name="Stored text")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("complementary")).to_be_hidden()
        expect(marker).to_be_focused()

    def test_the_focus_can_be_seen(self, site: Site) -> None:
        page = site.open()
        expect(page.get_by_role("heading", name="Ask about")).to_be_visible()
        for _ in range(9):
            page.keyboard.press("Tab")
            shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert shown == "solid", page.evaluate("document.activeElement.outerHTML")

    def test_what_has_the_focus_is_not_covered(self, site: Site) -> None:
        """WCAG 2.2, 2.4.11: neither by the top nor by the box."""
        page = site.open(viewport=PHONE)
        for question in (f"{ROTATED} markdown", "Who had failed logins?", f"{ROTATED} And a misquote? And a tool?"):
            ask(page, question)
            completed(page)
        reached = 0
        for key in ("Shift+Tab", "Tab"):
            for _ in range(20):
                page.keyboard.press(key)
                focused = page.locator("#conversation :focus")
                if focused.count():
                    assert is_clear(page, focused), focused.evaluate("element => element.outerHTML")
                    reached += 1
        assert reached > 15

    def test_a_screen_reader_is_told_once(self, site: Site) -> None:
        page = site.open()
        status = page.get_by_role("status")
        heard: list[str] = []
        page.expose_function("heard", lambda text: heard.append(text))  # noqa: PLW0108 -- a built-in has no signature
        page.evaluate("new MutationObserver(() => heard(announcer.textContent)).observe(announcer, {childList: true})")
        ask(page, "Tell me slowly")
        for _ in PIECES:
            site.stage.go_on()
        completed(page)
        expect(status).to_have_text(f"SOPHIA’s answer: {''.join(PIECES).strip()}")
        assert heard == ["Answering…", f"SOPHIA’s answer: {''.join(PIECES).strip()}"]
        assert page.locator("[aria-live], [role=log], [role=alert], [role=status]").count() == 2

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE], ids=["wide", "phone"])
    def test_axe_finds_nothing(self, site: Site, scheme, viewport) -> None:
        page = site.open(color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
        expect(page.get_by_role("heading", name="Ask about")).to_be_visible()
        check(page)
        ask(page, ACTION)
        expect(completed(page).locator(".handoff")).to_be_visible()
        ask(page, f"{ROTATED} And dragons? And a tool? What would a misquote be?")
        for part in ("citations", "limitations", "tools", "unsupported"):
            expect(completed(page).locator(f".{part}").first).to_be_visible()
        check(page)
        answer(page).get_by_role("button", name=re.compile("^Citation 1")).first.click()
        expect(page.locator("mark, blockquote")).to_be_visible()
        check(page)
        page.keyboard.press("Escape")
        ask(page, "Who had failed logins?")
        completed(page).locator(".lookup summary").click()
        expect(answer(page).get_by_role("table")).to_be_visible()
        check(page)
        answer(page).get_by_role("button", name=re.compile("^Citation 1")).first.click()
        expect(page.locator("#panel .quoted")).to_be_in_viewport()
        check(page)
        page.keyboard.press("Escape")
        ask(page, "Why is this unanswered?")
        expect(completed(page).locator(".problem")).to_be_visible()
        check(page)
        if viewport == PHONE:
            page.get_by_role("button", name="Conversations").click()
        page.get_by_role("button", name=re.compile("Delete the conversation")).click()
        check(page)

    def test_a_phone_is_wide_enough(self, site: Site) -> None:
        page = site.open(viewport=PHONE, has_touch=True)
        ask(page, f"{ROTATED} {'x' * 300} markdown")
        completed(page)
        fits(page)
        answer(page).get_by_role("button", name=re.compile("^Citation 1")).first.click()
        expect(page.locator("mark")).to_be_in_viewport()
        fits(page)
        page.get_by_role("button", name="Close").click()
        ask(page, "Who had failed logins?")
        completed(page).locator(".lookup summary").click()
        expect(answer(page).get_by_role("table")).to_be_visible()
        fits(page)
        answer(page).get_by_role("button", name=re.compile("^Citation 1")).first.click()
        expect(page.locator("#panel .quoted")).to_be_in_viewport()
        fits(page)
        page.get_by_role("button", name="Close").click()
        folded = page.get_by_role("button", name="Conversations")
        expect(page.get_by_role("navigation")).to_be_hidden()
        folded.click()
        expect(folded).to_have_attribute("aria-expanded", "true")
        expect(page.get_by_role("button", name="New conversation")).to_be_focused()
        fits(page)
        page.keyboard.press("Escape")
        expect(folded).to_be_focused()
        folded.click()
        page.mouse.click(PHONE["width"] - 10, PHONE["height"] / 2)  # beside it
        expect(page.get_by_role("navigation")).to_be_hidden()
        expect(page.get_by_role("textbox")).to_be_editable()
        folded.click()
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_role("main")).to_have_js_property("inert", True)  # noqa: FBT003
        page.get_by_role("button", name="New conversation").click()
        expect(page.get_by_role("navigation")).to_be_hidden()
        expect(page.get_by_role("textbox")).to_be_focused()

    def test_320_pixels_are_wide_enough(self, site: Site) -> None:
        """WCAG 1.4.10, which is also 1280 pixels at four times the size."""
        page = site.open(viewport={"width": 320, "height": 480})
        ask(page, f"{ROTATED} {'x' * 300} markdown")
        completed(page)
        fits(page)
        page.get_by_role("button", name="Conversations").click()
        fits(page)

    def test_light_and_dark(self, site: Site) -> None:
        page = site.open(color_scheme="light")
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.emulate_media(color_scheme="dark")
        assert (light, page.evaluate(ground)) == ("rgb(255, 255, 255)", "rgb(22, 24, 28)")

    def test_nothing_moves_for_whom_that_is_too_much(self, site: Site) -> None:
        page = site.open(reduced_motion="reduce")
        ask(page, "Go on endlessly")
        expect(answer(page).locator(".progress")).to_be_visible()
        assert page.evaluate("document.getAnimations().length") == 0
        page.emulate_media(reduced_motion="no-preference")
        assert page.evaluate("document.getAnimations().length") == 1


class TestAccess:
    def test_elsewhere_a_key_is_asked_for_and_kept_in_the_tab(self, site: Site, browser: Browser) -> None:
        elsewhere = launched_with_name(browser)
        try:
            away = Site(site.world, site.stage, elsewhere, site.port)
            page = away.open(host="sophia.example")
            dialog = page.get_by_role("dialog", name="Sign in")
            for company, key, told in (
                ("acme", "wrong", "The key is not valid or has expired."),
                ("globex", KEYS["acme"], "The key is another company’s."),
            ):
                sign_in(dialog, company, key)
                expect(dialog.get_by_role("alert")).to_have_text(told)
            for _ in range(3):
                page.keyboard.press("Escape")
                expect(dialog).to_be_visible()
            check(page)
            sign_in(dialog, "acme", KEYS["acme"], "ana")
            expect(dialog).to_be_hidden()
            ask(page, ROTATED)
            expect(completed(page)).to_contain_text("90 days")
            assert page.evaluate("JSON.stringify(localStorage)") == "{}"
            assert KEYS["acme"] not in page.url
            page.reload()
            expect(completed(page)).to_contain_text("90 days")
            page.route("**/chat", lambda r: r.continue_(headers={**r.request.headers, "x-agent-access-key": "old"}))
            ask(page, "And dragons?")
            expect(dialog.get_by_role("alert")).to_have_text("The key is not valid or has expired.")
            page.unroute("**/chat")
            sign_in(dialog, "acme", KEYS["acme"], "ana")
            expect(dialog).to_be_hidden()
            page.get_by_role("button", name="Sign out").click()
            expect(dialog).to_be_visible()
            assert page.evaluate("JSON.stringify(sessionStorage)") == "{}"
            away.close()
            assert away.faults == []
        finally:
            elsewhere.close()

    def test_no_address_ever_holds_the_key(self, site: Site) -> None:
        page = site.open()
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        ask(page, ROTATED)
        completed(page).get_by_role("button", name=re.compile("^Citation 1")).click()
        page.get_by_role("button", name="Sources").click()
        expect(page.get_by_role("complementary")).to_contain_text("documents")
        assert len(addresses) > 4
        assert not any(company.key in address for company in DEMO for address in addresses)

    def test_a_script_of_somebody_else_does_not_run(self, site: Site) -> None:
        """The policy at work, not only in the header."""
        page = site.open()
        expect(page.get_by_role("heading", name="Ask about")).to_be_visible()
        refused = page.evaluate(
            """() => {
                const tries = [() => { document.body.innerHTML = "<b>x</b>"; }, () => setTimeout("self.x = 1")];
                return tries.filter((attempt) => { try { attempt(); } catch (error) { return true; } }).length;
            }"""
        )
        assert refused == 2
        page.evaluate(
            "document.head.append(Object.assign(document.createElement('style'), {textContent: '*{color:red}'}))"
        )
        assert page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"
        assert len(site.faults) >= 1
        site.faults.clear()


def launched_with_name(browser: Browser) -> Browser:
    """A browser for which another name leads to this machine, as after DNS rebinding."""
    return launched(browser.browser_type, "--host-resolver-rules=MAP sophia.example 127.0.0.1")


def sign_in(dialog: Locator, company: str, key: str, user: str = "") -> None:
    dialog.get_by_label("Company").fill(company)
    dialog.get_by_label("Access key or token").fill(key)
    dialog.get_by_label("User").fill(user)
    dialog.get_by_role("button", name="Sign in").click()


def check(page: Page) -> None:
    """Fail on anything that axe-core finds wrong."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def fits(page: Page) -> None:
    """Fail when there is something to scroll to at the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def is_clear(page: Page, part: Locator) -> bool:
    """Whether something lies between the top and the box that is written in, which both stay where they are."""
    top, box, found = (one.bounding_box() for one in (page.get_by_role("banner"), page.locator("#composer"), part))
    assert top is not None
    assert box is not None
    assert found is not None
    return top["y"] + top["height"] <= found["y"] + 1 and found["y"] < box["y"]
