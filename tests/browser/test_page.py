"""The page as people use it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from visitor import ERROR, Visitor

from bot.sandbox.browser.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

MARKUP = "<img src=x onerror=\"window.broken='yes'\"><script>window.broken='yes'</script>"


def test_what_customers_write_never_becomes_markup(visitor: Visitor, desk: Desk) -> None:
    """In the form, the card, its thread, the team's copy, a file's name, a notification."""
    page = visitor.page
    visitor.be("Carla")
    answers = {label: f"{MARKUP} {answer}" for label, answer in ERROR.items()}
    answers |= {key: ERROR[key] for key in ("Is it an error or a question?", "Application area")}
    answers["Logik.io URL"] = "https://acme.logik.io/<script>"
    answers["Summary"] = f"{MARKUP[:70]} *x* <@{desk.cast.dora.id}>"
    name = visitor.file_case("Business severely impacted", answers)
    visitor.message(name).get_by_label("Reply in thread").click()
    visitor.type(f"@Dora {MARKUP} <javascript:alert(1)|press>", in_thread=True)
    page.get_by_text("Dora's phone rings").last.wait_for()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "<b>bold<b>.txt", "mimeType": "text/plain", "buffer": b"x"}
    )
    visitor.room.get_by_label("Send").click()
    visitor.message("<b>bold<b>.txt").wait_for()
    for person, room in (
        ("Carla", "acme-casebell"),
        ("Dora", "support-team"),
        ("Dora", "acme-casebell"),
    ):
        visitor.be(person)
        visitor.go(room)
        visitor.message(name).wait_for()
        assert page.locator("img, script:not([src='/main.js']), iframe, [onerror]").count() == 0
        assert page.locator(".content b, .toast b").count() == 0
    assert page.evaluate("window.broken") is None
    card = visitor.message(name)
    assert "<img src=x" in card.inner_text()


def test_a_case_is_filed_with_the_keyboard_alone(visitor: Visitor) -> None:
    page, press = visitor.page, visitor.page.keyboard.press
    visitor.be("Carla")
    visitor.room.get_by_role("textbox").focus()
    page.keyboard.type("/ca")
    press("Tab")
    press("Enter")
    visitor.form.wait_for()
    assert page.evaluate("document.activeElement.type") == "radio"
    press("Space")
    for _ in range(2):
        press("ArrowDown")
    for answer in ("Question", "API", "How do I export a blueprint?"):
        press("Tab")
        _type_until_it_stands(page, answer)
    press("Enter")
    visitor.form.get_by_role("heading", name="CASE-1001").wait_for()
    press("Escape")
    visitor.form.wait_for(state="hidden")
    visitor.message("How do I export a blueprint?").wait_for()


def _type_until_it_stands(page: Page, answer: str) -> None:
    """As people do: the form may be drawn anew while they type, and a menu then begins again."""
    stands = """() => {
      const { selectedOptions, value } = document.activeElement;
      return selectedOptions ? selectedOptions[0].textContent : value;
    }"""
    for _ in range(5):
        if page.evaluate(stands) != answer:
            page.keyboard.type(answer)
        page.wait_for_timeout(400)
        if page.evaluate(stands) == answer:
            return
    raise AssertionError(f"{answer!r} does not stand there: {page.evaluate(stands)!r}")


def test_errors_stand_under_their_inputs_and_words_stay(visitor: Visitor) -> None:
    visitor.be("Carla")
    visitor.press("Open a case", on="Press the button to open a case")
    visitor.fill({"Summary": "Prices are gone"})
    visitor.form.get_by_role("button", name="Submit").click()
    errors = visitor.form.get_by_role("alert").filter(has_text="Please complete")
    errors.first.wait_for()
    visitor.form.get_by_label("Business Stopped").check()
    visitor.fill({"Is it an error or a question?": "Error"})
    visitor.form.get_by_label("Click-path").wait_for()
    assert visitor.form.get_by_label("Summary").input_value() == "Prices are gone"
    assert visitor.form.get_by_label("Business Stopped").is_checked()


def test_each_reader_has_their_own_clock(visitor: Visitor) -> None:
    visitor.be("Carla")
    name = visitor.file_case("Business severely impacted")
    for person, shown in (
        ("Carla", "today at 3:00 PM (Tue 24 Nov, 2:00 PM Central)"),
        ("Emil", "today at 9:00 PM (Tue 24 Nov, 2:00 PM Central)"),
        ("Dora", "today at 2:00 PM (Tue 24 Nov, 2:00 PM Central)"),
    ):
        visitor.be(person)
        visitor.go("acme-casebell")
        assert shown in visitor.message(name).inner_text()


def test_slack_and_the_bot_can_be_broken_and_mended(visitor: Visitor) -> None:
    page = visitor.page
    visitor.be("Carla")
    page.get_by_role("button", name="Break something").click()
    page.get_by_role("menuitem", name="Slack answers 500").click()
    page.get_by_text("Slack answers 500.", exact=False).first.wait_for()
    name = visitor.file_case("Business severely impacted")
    assert visitor.room.get_by_text(name).count() == 0
    page.get_by_role("button", name="Mend it").click()
    page.locator(".trouble").wait_for(state="hidden")
    page.get_by_role("button", name="+5 min").click()
    visitor.arrive()
    visitor.message(name).wait_for()

    page.get_by_role("button", name="Break something").click()
    page.get_by_role("menuitem", name="Stop the bot").click()
    page.get_by_text("The bot is stopped").wait_for()
    visitor.type("/case list")
    page.get_by_text("/case failed with the error").wait_for()
    page.get_by_role("button", name="Mend it").click()
    page.locator(".trouble").wait_for(state="hidden", timeout=15_000)
    visitor.room.get_by_role("textbox").fill("")
    visitor.type("/case list")
    visitor.message("Only visible to you").wait_for()


def test_people_of_other_organisations_are_told_that_they_have_no_commands(
    visitor: Visitor,
) -> None:
    visitor.be("Emil")
    visitor.type("/case")
    visitor.page.get_by_text("/case is not a valid command.").wait_for()
    assert visitor.room.get_by_role("textbox").input_value() == "/case"
    assert visitor.page.get_by_role("button", name="Shortcuts").count() == 0


def test_a_message_becomes_a_case_by_its_menu(visitor: Visitor) -> None:
    visitor.be("Carla")
    visitor.type("The prices are gone since noon")
    message = visitor.message("The prices are gone since noon")
    message.hover()
    message.get_by_role("button", name="More about this message").click()
    visitor.page.get_by_role("menuitem", name="Open a case from this").click()
    visitor.form.get_by_role("heading", name="Open a case").wait_for()
    assert "gone since noon" in visitor.form.get_by_label("Summary").input_value()


def test_the_home_tab_shows_who_is_on_call(visitor: Visitor) -> None:
    visitor.be("Dora")
    visitor.go("Casebell")
    visitor.page.get_by_role("tab", name="Home").click()
    visitor.room.get_by_text("On call now").wait_for()
    assert "@Ana" in visitor.room.inner_text()
    visitor.room.get_by_role("button", name="Open a case").click()
    visitor.form.get_by_role("heading", name="Open a case").wait_for()


@pytest.mark.parametrize("width", [360, 400, 760, 1000])
def test_a_narrow_window_has_all_of_it_and_nothing_hangs_over(visitor: Visitor, width: int) -> None:
    page = visitor.page
    page.set_viewport_size({"width": width, "height": 700})
    visitor.be("Carla")
    if width <= 760:
        back = page.get_by_role("button", name="Channels and tour")
        if back.is_visible():
            back.click()
        visitor.tour.wait_for()
        assert _overhang(page) == 0
    visitor.go("acme-casebell")
    assert _overhang(page) == 0
    visitor.press("Open a case", on="Press the button to open a case")
    visitor.form.get_by_role("heading").wait_for()
    box = visitor.form.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert _overhang(page) == 0


def _overhang(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(0, found)


def test_the_page_itself_never_scrolls(visitor: Visitor) -> None:
    """What is jumped to scrolls its own list; the top bar stays where it is."""
    page = visitor.page
    page.set_viewport_size({"width": 900, "height": 420})
    visitor.be("Carla")
    name = visitor.file_case("Business severely impacted")
    visitor.message(name).evaluate("node => node.scrollIntoView()")
    assert page.evaluate("document.scrollingElement.scrollTop") == 0
    assert page.get_by_role("timer").bounding_box()["y"] >= 0


def test_everything_that_can_be_pressed_has_a_name(visitor: Visitor) -> None:
    visitor.be("Dora")
    visitor.go("support-team")
    unnamed = visitor.page.evaluate("""() => {
      const hasName = (one) =>
        one.labels?.length || one.textContent.trim() || one.getAttribute("aria-label");
      return [...document.querySelectorAll("button, input, select, textarea, a")]
        .filter((one) => one.checkVisibility() && !hasName(one))
        .map((one) => one.outerHTML);
    }""")
    assert unnamed == []
    assert re.match(r"Dora · Logik\.io", visitor.page.title())


def test_what_one_edits_is_not_lost_when_others_write(visitor: Visitor) -> None:
    page = visitor.page
    visitor.be("Carla")
    visitor.type("Is anybody there?")
    visitor.message("Is anybody there?").get_by_label("More about this message").click()
    page.get_by_role("menuitem", name="Edit message").click()
    editor = page.get_by_label("Edit your message")
    editor.fill("Is anybody")
    page.evaluate("window.edited = document.activeElement")
    visitor.page.evaluate(
        """async () => {
          const { act } = await import("/api.js");
          const asked = new URLSearchParams(location.hash.slice(1));
          const room = asked.get("room");
          await act(asked.get("as"), "say", { room, thread: "", text: "Anybody else?", files: [] });
        }"""
    )
    visitor.message("Anybody else?").wait_for()
    assert page.evaluate("document.activeElement === window.edited")
    page.keyboard.type(" at home?")
    page.keyboard.press("Enter")
    visitor.message("Is anybody at home?").get_by_text("(edited)").wait_for()
    assert editor.count() == 0


def test_long_words_stay_within_a_form(visitor: Visitor) -> None:
    visitor.be("Carla")
    visitor.press("Open a case", on="Press the button to open a case")
    visitor.form.get_by_label("Little business impact").check()
    visitor.fill({**ERROR, "Summary": "W" * 120})
    visitor.form.get_by_role("button", name="Submit").click()
    visitor.form.get_by_role("heading", name="CASE-").wait_for()
    body = visitor.page.locator(".dialog-body")
    assert body.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_arrows_go_through_the_commands_that_are_hinted_at(visitor: Visitor) -> None:
    page, press = visitor.page, visitor.page.keyboard.press
    visitor.be("Dora")
    box = visitor.room.get_by_role("textbox")
    box.focus()
    page.keyboard.type("/")
    press("ArrowDown")
    first = page.evaluate("document.activeElement.textContent")
    press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") != first
    press("Enter")
    assert re.fullmatch(r"/\w+ ", box.input_value())
    box.fill("/")
    press("ArrowUp")
    press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    assert not page.locator(".hints").first.is_visible()


def test_who_one_is_can_be_seen_in_a_narrow_window(visitor: Visitor) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.be("Ana")
    visitor.be("Mia")
    me = visitor.page.locator(".person.me")
    assert me.evaluate("one => one.getBoundingClientRect().right <= innerWidth")
