"""The tour, as a newcomer takes it."""

from __future__ import annotations

import pytest
from visitor import Visitor


@pytest.mark.timeout(400)  # seconds: it is as long as three tests
def test_a_newcomer_takes_the_whole_tour_by_reading_nothing_but_the_page(visitor: Visitor) -> None:
    page = visitor.page
    visitor.take("Be Carla")
    first = visitor.file_case("Business severely impacted")
    visitor.message(f"{first}").wait_for()
    visitor.take("Be Dora")
    visitor.press("Reply", on=f"{first} · Business severely impacted")
    visitor.reply("Good morning Carla, I see it too.")
    visitor.tour.get_by_text("step 2 of 5").wait_for()

    visitor.take("Saturday 02:00")
    page.get_by_text("office closed").wait_for()
    visitor.take("Be Emil")
    second = visitor.file_case("Business Stopped")
    page.get_by_text("Ana's phone (primary) rings").last.wait_for()
    visitor.take("Be Ana")
    visitor.press("Acknowledge", on=f"Page: {second}")
    visitor.press("Reply", on=f"{second} · Business Stopped")
    visitor.reply("Ana here. The server restarts.")
    visitor.tour.get_by_text("step 3 of 5").wait_for()

    visitor.take("Be Emil")
    third = visitor.file_case("Business Stopped")
    visitor.take("+5 minutes")
    visitor.take("+5 minutes")
    page.get_by_text("Ben's phone (secondary) rings").last.wait_for()
    visitor.take("+5 minutes")
    page.get_by_text("Mia's phone (manager) stays silent").last.wait_for()
    visitor.take("Be Ben")
    visitor.press("Acknowledge", on=f"Page: {third}")
    visitor.press("Reply", on=f"{third} · Business Stopped")
    visitor.reply("Ben here. The second server restarts.")
    visitor.tour.get_by_text("step 4 of 5").wait_for()

    visitor.take("Be Dora")
    visitor.press("Resolve", on=f"{first} · Business severely impacted")
    visitor.fill({"What was it, and what has been done?": "An old cache. It is emptied."})
    visitor.form.get_by_role("button", name="Resolve").click()
    visitor.form.wait_for(state="hidden")
    visitor.take("Be Carla")
    visitor.message(f"{first}").locator(".thread-line").click()
    visitor.type("It happens again.", in_thread=True)
    visitor.tour.get_by_text("step 5 of 5").wait_for()

    visitor.take("Maintenance reminder")
    visitor.take("+5 minutes")
    visitor.tour.get_by_text("all done").wait_for()
    visitor.be("Paula")
    visitor.message("maintenance").wait_for()
