"""No typed word is lost: what was cut off or failed comes back to whoever typed it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from story import AREA, ERROR_ANSWERS, ISSUE_TYPE, QUESTION_ANSWERS, SEVERITY, Story, one

from bot.domain.records import ChannelKind
from bot.errors import StorageUnavailableError
from bot.sandbox import Message, OpenView, Person, RateLimited, Refused
from bot.services.intake import Intake
from storage.cases import CaseRepository
from storage.tables import events

Tell = Callable[..., Story]

OPEN = "Open a case"
RESUME = "Resume my draft"
SEVERE = "Business severely impacted"
STOPPED = "Business Stopped"
BEHALF = "On whose behalf?"


def fails(*_whatever: Any) -> Any:
    raise RuntimeError("an error of ours")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No submission makes a case, by an error of ours, until the patch is undone."""
    monkeypatch.setattr(Intake, "_open", fails)
    return monkeypatch


def is_away(*_whatever: Any) -> Any:
    raise StorageUnavailableError("it is away")


def form_of(story: Story, person: Person, severity: str = SEVERE) -> OpenView:
    """A form that somebody opened with the channel's button and filled in."""
    button = next(m for m in story.acme.messages if OPEN in m.buttons)
    assert person.click(button, OPEN).ok
    assert person.modal is not None
    story.fill(person.modal, severity, ERROR_ANSWERS)
    return person.modal


def submit_and_fail(story: Story, person: Person, severity: str = SEVERE) -> str:
    """Submit a form that makes no case, and give it up; what the form said."""
    form = form_of(story, person, severity)
    said = form.submit().errors[SEVERITY]
    form.close()
    return said


def cut_off(story: Story, monkeypatch: pytest.MonkeyPatch, form: OpenView) -> None:
    """The bot dies between storing the form and judging it."""
    with monkeypatch.context() as patched:
        patched.setattr(Intake, "open_case", fails)
        form.submit()
    form.close()
    story.desk.stop_bot()
    story.desk.start_bot()


def draft_of(person: Person) -> Message:
    return one(m for m in person.dms if RESUME in m.buttons)


def answers(form: OpenView) -> dict[str, object]:
    return {given.label: given.answer for given in form.inputs}


def key_of(story: Story, label: str) -> str:
    """The value that a severity has in the form."""
    return next(s.key for s in story.desk.policy.severities if s.label == label)


def case(story: Story, number: int = 1001) -> Any:
    with story.desk.bot.store.reading() as tx:
        return tx.cases.find(number)


@pytest.mark.parametrize("who", ["carla", "emil"])
def test_a_form_that_fails_by_our_error_comes_back_filled_in(
    tell: Tell, who: str, broken: pytest.MonkeyPatch
) -> None:
    story = tell()
    person: Person = getattr(story, who)
    said = submit_and_fail(story, person)
    assert "Something went wrong on our side" in said
    assert "support@logik.io" in said
    story.desk.advance(seconds=65)
    draft = draft_of(person)
    assert "your case was not opened" in draft.shown
    assert "kept for 7 days" in draft.shown
    assert "support@logik.io" in draft.shown
    broken.undo()
    assert person.click(draft, RESUME).ok
    form = person.modal
    assert form is not None
    found = answers(form)
    for label, typed in ERROR_ANSWERS.items():
        assert found[label] == typed
    assert found[SEVERITY] == key_of(story, SEVERE)
    assert form.submit().ok
    story.desk.advance(seconds=4)
    story.team_card("CASE-1001")


def test_the_team_hears_of_a_form_that_made_no_case(tell: Tell, broken: pytest.MonkeyPatch) -> None:
    story = tell()
    submit_and_fail(story, story.emil)
    story.desk.advance(seconds=65)
    broken.undo()
    [told] = story.news()
    assert "A form of @Emil could not be made a case" in told
    assert "Prices are gone" not in told, "their words go to nobody but them"


def test_where_the_teams_channel_refuses_on_call_hears_of_it(
    tell: Tell, broken: pytest.MonkeyPatch
) -> None:
    story = tell()
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("restricted_action"),
        times=None,
        when=lambda args: args["channel"] == story.team.id,
    )
    submit_and_fail(story, story.emil)
    story.desk.advance(seconds=65)
    broken.undo()
    assert "A form of @Emil could not be made a case" in story.ana.dms[-1].shown
    assert all("A form of" not in m.shown for m in story.carla.dms + story.emil.dms)


def test_a_resumed_case_goes_where_its_form_was_opened(
    tell: Tell, broken: pytest.MonkeyPatch
) -> None:
    story = tell()
    submit_and_fail(story, story.emil)
    story.desk.advance(seconds=65)
    broken.undo()
    assert story.emil.click(draft_of(story.emil), RESUME).ok
    assert story.emil.modal is not None
    assert story.emil.modal.submit().ok
    story.desk.advance(seconds=4)
    story.card("CASE-1001")
    assert case(story).account == "acme"


def test_a_partners_resumed_form_still_says_for_whom_it_is(
    tell: Tell, broken: pytest.MonkeyPatch
) -> None:
    story = tell()
    story.desk.bot.services.channels.describe(story.acme.id, "Acme", ChannelKind.PARTNER)
    form = form_of(story, story.emil)
    form.fill({BEHALF: "Globex"})
    assert not form.submit().ok
    form.close()
    story.desk.advance(seconds=65)
    broken.undo()
    assert story.emil.click(draft_of(story.emil), RESUME).ok
    assert story.emil.modal is not None
    assert story.emil.modal.input(BEHALF).answer == "Globex"


def test_a_draft_is_offered_once_however_often_the_bot_restarts(
    tell: Tell, broken: pytest.MonkeyPatch
) -> None:
    story = tell()
    submit_and_fail(story, story.carla)
    story.desk.stop_bot()
    story.desk.advance_clock(minutes=2)
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    story.desk.stop_bot()
    story.desk.start_bot()
    story.desk.advance(minutes=5)
    broken.undo()
    draft_of(story.carla)
    assert len(story.news()) == 1


def test_an_error_that_is_over_within_the_minute_becomes_the_case(
    tell: Tell, broken: pytest.MonkeyPatch
) -> None:
    story = tell("2026-11-21 02:00")
    submit_and_fail(story, story.carla, STOPPED)
    broken.undo()
    story.desk.advance(seconds=65)
    assert "4:00 AM Central" in story.card("CASE-1001").shown, "its clock runs since Submit"
    assert story.rung() == ["Ana"]
    assert all(RESUME not in m.buttons for m in story.carla.dms)


def test_what_was_submitted_last_counts_when_the_first_try_failed(
    tell: Tell, broken: pytest.MonkeyPatch
) -> None:
    """An error of ours, so they look again: not an emergency after all. Nobody is woken."""
    story = tell("2026-11-21 02:00")
    form = form_of(story, story.carla, STOPPED)
    assert not form.submit().ok
    broken.undo()
    form.fill({SEVERITY: "No business impact", "Summary": "A price looks odd"})
    assert form.submit().ok
    story.desk.advance(minutes=2)
    assert story.rung() == []
    assert "No business impact" in story.card("CASE-1001").shown
    assert not any("again with other words" in words for words in story.news())


def test_a_form_that_we_promised_to_open_is_opened_though_another_try_was_refused(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell()
    form = form_of(story, story.carla)
    with monkeypatch.context() as patched:
        patched.setattr(Intake, "_open_stored", is_away)
        assert "we open it in a minute" in str(form.submit().errors)
    form.fill({"Summary": "   "})
    assert "Please fill this in" in str(form.submit().errors)
    form.close()
    story.desk.advance(seconds=65)
    assert "Prices are gone" in story.card("CASE-1001").shown


def test_a_form_that_was_cut_off_is_opened_once_the_disk_is_full_no_more(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has undone the whole transaction by then, and knows no savepoint of it."""
    story, full = tell(), [True]
    cut_off(story, monkeypatch, form_of(story, story.carla))
    opened = CaseRepository.open

    def fill_the_disk(self: CaseRepository, *arguments: Any) -> Any:
        if full:
            full.clear()
            connection = self._connection
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            try:
                for n in range(500):
                    event = {"event_id": f"{n}{'x' * 900}", "received_at": datetime.now(UTC)}
                    connection.execute(sa.insert(events).values(event))
            finally:
                connection.exec_driver_sql(f"PRAGMA max_page_count = {2**32 - 2}")
        return opened(self, *arguments)

    monkeypatch.setattr(CaseRepository, "open", fill_the_disk)
    story.desk.advance(minutes=2)
    assert not full, "it was tried"
    assert "Prices are gone" in story.card("CASE-1001").shown


@pytest.mark.parametrize(
    ("at", "rung", "told"),
    [
        ("2026-11-24 06:59:30", [], "Our team has been told"),
        ("2026-11-23 17:59:30", ["Ana"], "is being paged now"),
    ],
    ids=["just before we open", "just before we close"],
)
def test_a_receipt_tells_whom_the_page_woke_and_not_whom_it_would_have(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, at: str, rung: list[str], told: str
) -> None:
    story = tell(at)
    cut_off(story, monkeypatch, form_of(story, story.carla, STOPPED))
    story.desk.advance(seconds=65)
    assert story.rung() == rung
    assert told in story.carla.dms[-1].shown


def test_a_form_that_was_cut_off_and_is_fine_becomes_the_case(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell()
    cut_off(story, monkeypatch, form_of(story, story.emil))
    story.desk.advance(seconds=65)
    story.card("CASE-1001")
    assert "We have your case CASE-1001" in story.emil.dms[-1].shown


def test_a_form_that_was_cut_off_and_is_refused_comes_back(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell()
    form = form_of(story, story.emil)
    form.fill({"Click-path": "   "})
    cut_off(story, monkeypatch, form)
    story.desk.advance(seconds=65)
    assert case(story) is None
    assert story.emil.click(draft_of(story.emil), RESUME).ok
    resumed = story.emil.modal
    assert resumed is not None
    assert resumed.input("Steps to reproduce").answer == "Open the quote."
    assert "Please fill this in" in str(resumed.submit().errors)
    resumed.fill({"Click-path": "Quotes > 7"})
    assert resumed.submit().ok


def test_a_form_from_a_channel_that_was_blocked_since_says_so(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell()
    form = form_of(story, story.emil)
    with monkeypatch.context() as patched:
        patched.setattr(Intake, "open_case", fails)
        form.submit()
    form.close()
    story.desk.bot.services.channels.describe(story.acme.id, "Acme", ChannelKind.BLOCKED)
    story.desk.advance(seconds=65)
    told = "\n".join(m.shown for m in story.emil.dms)
    assert "Something went wrong on our side" not in told
    assert "support@logik.io" in told


def test_a_refused_form_whose_errors_were_shown_is_not_offered_again(tell: Tell) -> None:
    story = tell()
    form = form_of(story, story.emil)
    form.fill({"Click-path": "   "})
    assert form.submit().errors
    form.close()
    story.desk.advance(minutes=5)
    assert story.emil.dms == ()


def test_the_draft_goes_only_to_its_author(tell: Tell, broken: pytest.MonkeyPatch) -> None:
    story = tell()
    submit_and_fail(story, story.emil)
    story.desk.advance(seconds=65)
    broken.undo()
    draft_of(story.emil)
    for other in (story.carla, story.ana, story.dora):
        assert all(RESUME not in m.buttons for m in other.dms)
    assert all(RESUME not in m.buttons for m in story.acme.messages)


def test_with_the_key_of_somebody_elses_draft_the_form_is_empty(
    tell: Tell, broken: pytest.MonkeyPatch
) -> None:
    """Buttons can be forged no more than their message; should one be, it opens nothing."""
    story = tell()
    submit_and_fail(story, story.emil)
    story.desk.advance(seconds=65)
    broken.undo()
    stolen = next(b for b in draft_of(story.emil).blocks if b["type"] == "actions")
    story.carla.post(story.carla.dm, "hello")
    story.desk.advance(seconds=3)
    own = story.carla.dms[-1]
    own.blocks[:] = [stolen]
    assert story.carla.click(own, RESUME).ok
    assert story.carla.modal is not None
    assert story.carla.modal.input("Summary").answer is None


def test_a_draft_can_be_resumed_for_seven_days(tell: Tell, broken: pytest.MonkeyPatch) -> None:
    story = tell()
    submit_and_fail(story, story.emil)
    story.desk.advance(seconds=65)
    broken.undo()
    draft = draft_of(story.emil)
    story.desk.advance(days=6, hours=23)
    assert story.emil.click(draft, RESUME).ok
    assert story.emil.modal is not None
    assert story.emil.modal.input("Summary").answer == "Prices are gone"
    story.emil.modal.close()
    story.desk.advance(hours=2)
    answer = story.emil.click(draft, RESUME)
    assert "are kept for 7 days" in answer.text
    assert story.emil.modal is None
    with story.desk.bot.store.reading() as tx:
        assert tx.submissions.draft("submission:1") is not None, "not purged yet, and not shown"
    story.desk.advance(days=2)
    with story.desk.bot.store.reading() as tx:
        assert tx.submissions.draft("submission:1") is None
    assert "are kept for 7 days" in story.emil.click(draft, RESUME).text


def test_an_old_open_a_case_button_whose_words_are_gone_opens_the_empty_form(tell: Tell) -> None:
    """It stands in the channel for good, and some there have no other way in."""
    story = tell()
    story.emil.post(story.acme, f"{story.workspace.bot.mention} prices are gone")
    story.desk.advance(seconds=3)
    answer = story.acme.messages[-1]
    story.desk.advance(days=9)
    assert story.emil.click(answer, OPEN).ok
    assert story.emil.modal is not None
    assert story.emil.modal.input("Summary").answer is None


def test_a_resumed_draft_can_be_resumed_again(tell: Tell, broken: pytest.MonkeyPatch) -> None:
    story = tell()
    submit_and_fail(story, story.emil)
    story.desk.advance(seconds=65)
    broken.undo()
    for _ in range(2):
        assert story.emil.click(draft_of(story.emil), RESUME).ok
        assert story.emil.modal is not None
        assert story.emil.modal.input("Summary").answer == "Prices are gone"
        story.emil.modal.close()


def test_a_draft_that_fails_again_comes_back_again(tell: Tell, broken: pytest.MonkeyPatch) -> None:
    story = tell()
    submit_and_fail(story, story.emil)
    story.desk.advance(seconds=65)
    assert story.emil.click(draft_of(story.emil), RESUME).ok
    form = story.emil.modal
    assert form is not None
    form.fill({"Summary": "Prices are gone, all of them"})
    assert not form.submit().ok
    form.close()
    story.desk.advance(seconds=65)
    broken.undo()
    drafts = [m for m in story.emil.dms if RESUME in m.buttons]
    assert len(drafts) == 2
    assert story.emil.click(drafts[-1], RESUME).ok
    assert story.emil.modal is not None
    assert story.emil.modal.input("Summary").answer == "Prices are gone, all of them"


@pytest.mark.parametrize("times", [1, 3])
def test_an_offer_that_slack_puts_off_comes_later(
    tell: Tell, broken: pytest.MonkeyPatch, times: int
) -> None:
    story = tell()
    dm = story.emil.dm.id
    story.workspace.faults.add(
        "chat.postMessage",
        RateLimited(20),
        times=times,
        when=lambda args: args.get("channel") == dm,
    )
    submit_and_fail(story, story.emil)
    story.desk.advance(minutes=3)
    broken.undo()
    draft_of(story.emil)


def test_where_no_dm_can_be_opened_the_team_is_told_all_the_same(
    tell: Tell, broken: pytest.MonkeyPatch
) -> None:
    story = tell()
    story.workspace.faults.add("conversations.open", Refused("user_not_visible"), times=None)
    submit_and_fail(story, story.emil)
    story.desk.advance(minutes=3)
    broken.undo()
    assert any("A form of @Emil" in words for words in story.news())


def test_worst_words_come_back_as_they_were_typed(tell: Tell, broken: pytest.MonkeyPatch) -> None:
    story = tell()
    worst = "<!channel> <@U000000> *b* `c` ```x``` &amp; \\ \" ' 日本語 عربي 🔥\nsecond line"
    button = next(m for m in story.acme.messages if OPEN in m.buttons)
    assert story.emil.click(button, OPEN).ok
    form = story.emil.modal
    assert form is not None
    story.fill(form, SEVERE, {**ERROR_ANSWERS, "Steps to reproduce": worst})
    assert not form.submit().ok
    form.close()
    story.desk.advance(seconds=65)
    broken.undo()
    assert story.emil.click(draft_of(story.emil), RESUME).ok
    assert story.emil.modal is not None
    assert story.emil.modal.input("Steps to reproduce").answer == worst


def test_words_typed_before_a_choice_redraws_the_form_survive_it(tell: Tell) -> None:
    """Also those of fields that are hidden in between."""
    story = tell()
    form = form_of(story, story.emil)
    form.fill({ISSUE_TYPE: "Question"})
    assert "Click-path" not in answers(form)
    form.fill({ISSUE_TYPE: "Error"})
    assert answers(form)["Click-path"] == ERROR_ANSWERS["Click-path"]
    assert form.submit().ok


def test_words_filled_in_by_a_mention_survive_a_restart(tell: Tell) -> None:
    story = tell()
    story.emil.post(story.acme, f"{story.workspace.bot.mention} prices are gone\nall of them")
    story.desk.advance(seconds=3)
    story.desk.stop_bot()
    story.desk.start_bot()
    assert story.emil.click(story.acme.messages[-1], OPEN).ok
    form = story.emil.modal
    assert form is not None
    assert form.input("Summary").answer == "prices are gone"
    form.fill({SEVERITY: "No business impact", ISSUE_TYPE: "Question", AREA: "API"})
    assert form.input("Anything else that may help?").answer == "prices are gone\nall of them"
    assert form.submit().ok


def test_the_key_of_a_button_says_nothing_of_the_words(tell: Tell) -> None:
    story = tell()
    story.emil.post(story.acme, f"{story.workspace.bot.mention} our secret discount")
    story.desk.advance(seconds=3)
    assert "secret" not in str(story.acme.messages[-1].blocks)


def test_a_question_is_kept_like_an_error(tell: Tell, broken: pytest.MonkeyPatch) -> None:
    story = tell()
    form = story.open_form()
    story.fill(form, "No business impact", QUESTION_ANSWERS)
    assert not form.submit().ok
    form.close()
    story.desk.advance(seconds=65)
    broken.undo()
    assert story.carla.click(draft_of(story.carla), RESUME).ok
    assert story.carla.modal is not None
    assert answers(story.carla.modal)["Summary"] == QUESTION_ANSWERS["Summary"]
    assert "Click-path" not in answers(story.carla.modal)
