"""A person at the page: they see what is on it, press and type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ERROR: Mapping[str, str] = {
    "Is it an error or a question?": "Error",
    "Application area": "Runtime UI",
    "Summary": "No quote opens, for anybody",
    "Logik.io URL": "https://acme.logik.io/quotes/7",
    "Click-path": "Quotes > 7",
    "Steps to reproduce": "Open any quote.",
    "What did you expect to happen?": "The quote.",
}


class Visitor:
    """Somebody in front of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.wait_for_selector("body[data-ready]")

    @property
    def room(self) -> Locator:
        """The conversation in the middle."""
        return self.page.get_by_role("main")

    @property
    def thread(self) -> Locator:
        """The thread beside it."""
        return self.page.get_by_role("complementary", name="Thread")

    @property
    def form(self) -> Locator:
        """The form on top."""
        return self.page.get_by_role("dialog")

    @property
    def tour(self) -> Locator:
        """The guided tour."""
        return self.page.get_by_role("region", name="Guided tour")

    def be(self, name: str) -> None:
        """Sit down at somebody's screen."""
        named = self.page.get_by_text(name, exact=True)
        self.page.get_by_role("navigation").get_by_role("button").filter(has=named).click()
        self.page.wait_for_function("name => document.title.startsWith(name + ' ')", arg=name)

    def go(self, room: str) -> None:
        """Open a channel, or Casebell's own conversation."""
        named = self.page.locator(".room-name").get_by_text(room, exact=True)
        self.page.locator(".room").filter(has=named).click()
        self.room.get_by_role("heading", name=room, level=2).wait_for()

    def message(self, text: str) -> Locator:
        """The newest message in the middle that says so."""
        return self.room.get_by_role("article").filter(has_text=text).last

    def press(self, button: str, *, on: str) -> None:
        """Press a button of a message."""
        self.message(on).get_by_role("button", name=button, exact=True).click()

    def take(self, way: str) -> None:
        """Press a button of the tour."""
        self.tour.get_by_role("button", name=way, exact=True).first.click()
        self.arrive()

    def arrive(self) -> None:
        """Wait until the clock has come to where it was sent."""
        self.page.wait_for_selector(".topbar:not(.travelling)", timeout=30_000)

    def fill(self, answers: Mapping[str, str]) -> None:
        """Answer in the open form; what an answer brings up is waited for."""
        for label, answer in answers.items():
            control = self.form.get_by_label(label)
            if control.evaluate("one => one.tagName") == "SELECT":
                control.select_option(label=answer)
            else:
                control.fill(answer)

    def file_case(self, severity: str, answers: Mapping[str, str] = ERROR) -> str:
        """Press the pinned button, fill the form in, and submit it; the name of the case."""
        self.press("Open a case", on="Press the button to open a case")
        self.form.get_by_label(severity).check()
        self.fill(answers)
        self.form.get_by_role("button", name="Submit").click()
        heading = self.form.get_by_role("heading", name="CASE-")
        heading.wait_for()
        name = heading.inner_text()
        self.form.get_by_role("button", name="Close").last.click()
        self.form.wait_for(state="hidden")
        return name

    def reply(self, text: str) -> None:
        """Fill in the form behind *Reply*, and send it."""
        self.fill({"Your reply": text})
        self.form.get_by_role("button", name="Send").click()
        self.form.wait_for(state="hidden")

    def type(self, text: str, *, in_thread: bool = False) -> None:
        """Type into the box below, and press Enter."""
        box = (self.thread if in_thread else self.room).get_by_role("textbox")
        box.fill(text)
        box.press("Enter")

    def dismiss(self) -> None:
        """Wave away what is in the corner."""
        crosses = "document.querySelectorAll('.toast > [aria-label=Dismiss]')"
        self.page.evaluate(f"{crosses}.forEach((cross) => cross.click())")
