"""`make screenshots`: what three people see of one case in the night, as PNG files in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import chromium
from visitor import ERROR, Visitor

from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.server import Server
from bot.sandbox.demo import without_proxy

SIZE = {"width": 1200, "height": 720}
PRICES = {**ERROR, "Summary": "Prices are gone", "Steps to reproduce": "Open any quote of today."}


def main(folder: Path) -> None:
    path = chromium.found()
    if path is None:
        sys.exit(f"Screenshots: {chromium.MISSING}.")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as directory,
        without_proxy(),
        Desk(f"sqlite:///{directory}/casebell.db") as desk,
        chromium.launched(path) as browser,
    ):
        server = Server(desk, 0)
        server.start()
        try:
            page = browser.new_page(viewport=SIZE, reduced_motion="reduce")
            page.goto(server.url)
            take(Visitor(page), folder)
        finally:
            server.stop()


def take(visitor: Visitor, folder: Path) -> None:
    """Saturday night: a customer files a case, on-call is paged, somebody answers."""
    page = visitor.page

    def picture(name: str) -> None:
        page.mouse.move(0, 0)
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name}.png")

    page.get_by_role("button", name="Jump to").click()
    page.get_by_role("menuitem", name="Saturday 02:00").click()
    visitor.arrive()
    visitor.be("Emil")
    case = visitor.file_case("Business Stopped", PRICES)
    page.get_by_role("button", name="+5 min").click()
    visitor.arrive()
    page.get_by_role("button", name="+5 min").click()
    visitor.arrive()
    page.get_by_text("Ben's phone (secondary) rings").last.wait_for()
    visitor.be("Ana")
    visitor.go("Casebell")
    visitor.message(f"Page: {case}").wait_for()
    picture("on-call")

    visitor.press("Acknowledge", on=f"Page: {case}")
    visitor.press("Reply", on=f"{case} · Business Stopped")
    visitor.reply("Ana here. I see it too: a price server is being replaced.")
    visitor.dismiss()
    visitor.be("Emil")
    visitor.go("acme-casebell")
    visitor.message(f"{case}").locator(".thread-line").click()
    visitor.type("Thank you! It is back in our test shop already.", in_thread=True)
    visitor.thread.get_by_text("It is back").wait_for()
    page.wait_for_timeout(1500)
    visitor.dismiss()
    picture("customer")

    visitor.be("Dora")
    visitor.go("support-team")
    card = visitor.message(f"{case} · Business Stopped")
    card.get_by_text("2 replies").wait_for()
    page.wait_for_timeout(500)
    card.evaluate("node => node.scrollIntoView()")
    visitor.dismiss()
    picture("team")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
