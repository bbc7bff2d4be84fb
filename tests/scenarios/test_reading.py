"""What `/case list`, `/case 1042` and `/case why 1042` tell, and whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from story import Story

from bot.messages.case_list import PER_PAGE
from bot.sandbox import Channel, Person, RateLimited

Tell = Callable[..., Story]
SEVERE = "Business severely impacted"
STOPPED = "Business Stopped"
HOW_TO = "No business impact"
NOTHING = "No case is open here, which is good news."


def ask(person: Person, text: str, channel: Channel | None = None) -> str:
    """What Casebell answers to `/case` and these words, in a channel or in their DM with it."""
    reply = person.command("/case", text, channel)
    assert reply.ok, reply.problem
    return reply.text


def listed(shown: str) -> list[str]:
    """The cases of a list, in its order."""
    return re.findall(r"^(CASE-\d+) ", shown, re.MULTILINE)


def change_severity(story: Story, name: str, severity: str, why: str = "We looked at it.") -> None:
    """Dora does it on the team's card."""
    story.dora.choose(story.team_card(name), "case_more", "Change severity…")
    assert story.dora.modal is not None
    story.dora.modal.fill({"Severity": severity, "Why?": why})
    assert story.dora.modal.submit().ok
    story.desk.advance(seconds=3)


def resolve(story: Story, name: str) -> None:
    story.dora.click(story.team_card(name), "Resolve")
    assert story.dora.modal is not None
    story.dora.modal.fill({"What was it, and what has been done?": "A cache. It is emptied."})
    assert story.dora.modal.submit().ok
    story.desk.advance(seconds=3)


class TwoCustomers:
    """Carla of Acme has a case in #acme and one in her DM, Gus of Globex one in #globex.

    Gustav of Globex sits in #globex, and in TEAM_CHANNEL as a guest. Hugo is in no channel.
    """

    def __init__(self, story: Story) -> None:
        self.story = story
        ws = story.workspace
        self.gus, self.gustav, self.hugo = (
            ws.add_person(name, guest=True) for name in ("Gus", "Gustav", "Hugo")
        )
        self.globex = ws.add_channel(
            "globex", members=[ws.bot, self.gus, self.gustav, story.ana], private=True
        )
        story.team.invite(self.gustav)
        story.desk.rest()
        self.of_acme = story.open_case(SEVERE)
        self.of_globex = story.open_case(SEVERE, person=self.gus, channel=self.globex)
        self.direct = story.open_case(SEVERE, channel=story.carla.dm)

    def person(self, name: str) -> Person:
        found: Person = getattr(self, name.lower(), None) or getattr(self.story, name.lower())
        return found

    def place(self, name: str, person: Person) -> Channel:
        places = {"#acme": self.story.acme, "#globex": self.globex, "TEAM_CHANNEL": self.story.team}
        found: Channel = places.get(name) or person.dm  # type: ignore[assignment]
        return found


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCustomers]:
    """For those who only read."""
    folder = tmp_path_factory.mktemp("reading")
    story = Story(f"sqlite:///{folder}/casebell.db", "2026-11-23 10:00").start()
    yield TwoCustomers(story)
    story.stop()


@pytest.fixture
def changing(tell: Tell) -> TwoCustomers:
    """For those after whom it is another world."""
    return TwoCustomers(tell("2026-11-23 10:00"))


# Lists


def test_a_list_shows_what_is_due_first_on_top_and_what_is_resolved_not_at_all(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    slow, done, fast = (story.open_case(severity) for severity in (HOW_TO, SEVERE, STOPPED))
    resolve(story, done)
    shown = ask(story.carla, "list", story.acme)
    assert listed(shown) == [fast, slow]
    assert f"{fast} Prices are gone\n{STOPPED} · Waiting for our first response · due " in shown
    assert "Mon 23 Nov, 12:00 PM Central" in shown
    assert "1–2 of 2" in shown
    story.answer(story.ana, fast)
    shown = ask(story.carla, "list", story.acme)
    assert listed(shown) == [slow, fast], "who waits for us comes first"
    assert f"{STOPPED} · Answered\n" in shown


def test_a_list_is_for_the_eyes_of_who_asked(two: TwoCustomers) -> None:
    before = len(two.story.acme.messages)
    ask(two.story.carla, "list", two.story.acme)
    assert len(two.story.acme.messages) == before


@pytest.mark.parametrize(
    ("who", "where", "sees"),
    [
        ("Carla", "#acme", "acme"),
        ("Carla", "DM", "acme direct"),
        ("Gus", "#globex", "globex"),
        ("Gus", "DM", "globex"),
        ("Gustav", "#globex", "globex"),
        ("Gustav", "DM", "globex"),
        ("Gustav", "TEAM_CHANNEL", ""),
        ("Hugo", "DM", ""),
        ("Ana", "TEAM_CHANNEL", "acme globex direct"),
        ("Ben", "TEAM_CHANNEL", "acme globex direct"),
        ("Ben", "DM", "acme globex direct"),
        ("Ana", "#acme", "acme"),
        ("Ana", "#globex", "globex"),
    ],
)
def test_a_list_shows_the_cases_of_where_it_is_asked_for(
    two: TwoCustomers, who: str, where: str, sees: str
) -> None:
    names = {"acme": two.of_acme, "globex": two.of_globex, "direct": two.direct}
    person = two.person(who)
    shown = ask(person, "list", two.place(where, person))
    assert sorted(listed(shown)) == sorted(names[name] for name in sees.split())
    assert (NOTHING in shown) == (not sees)


def test_every_case_stands_on_one_page(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    total = 2 * PER_PAGE + 5
    names = story.have_cases(total)
    pages = [ask(story.carla, f"list {n}", story.acme) for n in (1, 2, 3)]
    assert [name for page in pages for name in listed(page)] == names
    assert [len(listed(page)) for page in pages] == [PER_PAGE, PER_PAGE, 5]
    assert f"1–{PER_PAGE} of {total}" in pages[0]
    assert "/case list 2 shows more" in pages[0]
    assert f"{total - 4}–{total} of {total}" in pages[2]
    assert "shows more" not in pages[2]
    for page in ("0", "00", "1", "  01 "):
        shown = ask(story.carla, f"list {page}", story.acme)
        assert listed(shown) == names[:PER_PAGE], "they are counted from one"
    for page in ("4", "99", "999999", "9" * 30):
        shown = ask(story.carla, f"list {page}", story.acme)
        assert f"There is no page {page}: /case list 3 is the last." in shown
        assert NOTHING not in shown


@pytest.mark.parametrize("page", ["-1", "1.5", "two", "1 2", "🔥", "<!channel>"])
def test_a_page_that_is_no_number_gets_the_help(two: TwoCustomers, page: str) -> None:
    shown = ask(two.story.carla, f"list {page}", two.story.acme)
    assert f"I do not know /case list {page}." in shown
    assert "/case list shows the open cases" in shown


def test_where_nothing_is_open_the_list_says_how_to_open_one(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    for person, place in ((story.carla, story.acme), (story.carla, None), (story.ana, story.team)):
        for page in ("", " 0", " 99"):
            shown = ask(person, f"list{page}", place)
            assert NOTHING in shown
            assert "/case opens one." in shown


def test_a_list_follows_a_channel_to_its_new_id(changing: TwoCustomers) -> None:
    """As when it is first shared with another organisation."""
    story = changing.story
    story.acme.change_id()
    story.desk.rest()
    assert listed(ask(story.carla, "list", story.acme)) == [changing.of_acme]
    assert sorted(listed(ask(story.carla, "list"))) == [changing.of_acme, changing.direct]


# One case


@pytest.mark.parametrize(
    "spelling",
    ["{n}", "case-{n}", "CASE-{n}", "CASE {n}", "Case#{n}", "#{n}", "# {n}", " case{n}  ", "0{n}"],
)
@pytest.mark.parametrize("ask_for", ["", "why "])
def test_a_case_is_found_in_every_spelling(two: TwoCustomers, spelling: str, ask_for: str) -> None:
    number = two.of_acme.removeprefix("CASE-")
    shown = ask(two.story.carla, ask_for + spelling.format(n=number), two.story.acme)
    assert shown.startswith(f"CASE-{number}")
    assert "I do not know" not in shown


def test_one_case_is_shown_as_its_customer_sees_it(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.ana.click(story.team_card(name), "Take")
    story.desk.advance(seconds=3)
    for person in (story.carla, story.ana):
        shown = ask(person, name, story.acme)
        for words in ("Prices are gone", SEVERE, "Waiting for our first response", "@Ana", "@Carla",
                      "2:00 PM Central", "Open its thread", f"/case why {name[5:]}"):  # fmt: skip
            assert words in shown
        for internal in ("Target", "Click-path", "Nobody yet", "On-call"):
            assert internal not in shown
        assert "Take" not in str(person.ephemerals[-1].buttons)


@pytest.mark.parametrize(
    ("done", "words"),
    [
        ("answered", "Status\nAnswered\nFirst response\n"),
        ("resolved", "Status\nResolved\n"),
        ("late", "Next response\n:red_circle: overdue since "),
    ],
)
def test_one_case_is_shown_as_it_stands(tell: Tell, done: str, words: str) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    match done:
        case "answered":
            story.answer(story.ana, name)
        case "resolved":
            resolve(story, name)
        case "late":
            story.now_is("2026-11-23 15:00")
    assert words in ask(story.carla, name, story.acme)


# Who may read


@pytest.mark.parametrize(
    ("who", "where", "case"),
    [
        pytest.param("Carla", "#acme", "acme", id="the reporter, in its channel"),
        pytest.param("Carla", "DM", "acme", id="the reporter, elsewhere"),
        pytest.param("Carla", "#acme", "direct", id="the reporter, of their DM case in a channel"),
        pytest.param("Gustav", "#globex", "globex", id="a colleague, in its channel"),
        pytest.param("Gustav", "DM", "globex", id="a colleague, elsewhere"),
        pytest.param("Gustav", "TEAM_CHANNEL", "globex", id="a colleague who is the team's guest"),
        pytest.param("Ben", "TEAM_CHANNEL", "acme", id="the team, in its channel"),
        pytest.param("Ben", "DM", "direct", id="the team, elsewhere"),
        pytest.param("Ana", "#acme", "globex", id="the team, in another customer's channel"),
    ],
)
def test_a_case_is_read_by_its_reporter_its_channel_and_the_team(
    two: TwoCustomers, who: str, where: str, case: str
) -> None:
    name = {"acme": two.of_acme, "globex": two.of_globex, "direct": two.direct}[case]
    person = two.person(who)
    place = two.place(where, person)
    assert "Prices are gone" in ask(person, name, place)
    assert "counted from when it was opened" in ask(person, f"why {name}", place)


@pytest.mark.parametrize("ask_for", ["", "why "])
@pytest.mark.parametrize(
    ("who", "where", "case"),
    [
        pytest.param("Gus", "#globex", "acme", id="another customer"),
        pytest.param("Gus", "DM", "acme", id="another customer, in a DM"),
        pytest.param("Gustav", "TEAM_CHANNEL", "acme", id="a guest in the team's channel"),
        pytest.param("Gustav", "TEAM_CHANNEL", "direct", id="a guest, of somebody's DM case"),
        pytest.param("Hugo", "DM", "acme", id="somebody in no channel"),
        pytest.param("Gus", "#globex", "direct", id="somebody's DM case"),
    ],
)
def test_others_find_as_little_as_if_it_were_not(
    two: TwoCustomers, who: str, where: str, case: str, ask_for: str
) -> None:
    name = {"acme": two.of_acme, "direct": two.direct}[case]
    person = two.person(who)
    place = two.place(where, person)
    told = ask(person, ask_for + name, place)
    assert told == ask(person, f"{ask_for}CASE-4711", place).replace("CASE-4711", name)
    assert told == f"I find no {name} that you can see. /case list shows those that you can."


@pytest.mark.parametrize("number", ["0", "00", "7", "9" * 23, "9" * 300])
@pytest.mark.parametrize("ask_for", ["", "why ", "CASE-", "#"])
def test_a_number_that_no_case_has_is_not_found(
    two: TwoCustomers, number: str, ask_for: str
) -> None:
    story = two.story
    for person, place in ((story.carla, story.acme), (story.ana, story.team)):
        assert f"I find no CASE-{int(number)} that you can see" in ask(
            person, ask_for + number, place
        )


@pytest.mark.parametrize(
    "words",
    ["CASE-", "CASE-x", "CASE-1e3", "1001.5", "0x3e9", "1001; drop table cases", "why", "why not",
     "🔥", "²", "العربية", "\u200b", "<!channel> <@U0000001>", "*b* `c`", "x" * 3000, "& <" * 1000],
)  # fmt: skip
def test_words_that_mean_nothing_get_the_help_and_ping_nobody(
    two: TwoCustomers, words: str
) -> None:
    story = two.story
    shown = ask(story.carla, words, story.acme)
    assert shown.startswith("I do not know /case ")
    assert "opens a form" in shown
    assert len(shown) < 1500
    assert not any(story.carla.ephemerals[-1].pings(person) for person in story.acme.members)


def test_a_number_without_end_is_not_found(two: TwoCustomers) -> None:
    assert "I find no CASE-999" in ask(two.story.carla, "9" * 300, two.story.acme)
    assert "I do not know /case 999" in ask(two.story.carla, "9" * 5000, two.story.acme)


def test_a_number_below_zero_is_no_case(two: TwoCustomers) -> None:
    number = two.of_acme.removeprefix("CASE-")
    assert "Prices are gone" not in ask(two.story.carla, f"-{number}", two.story.acme)


def test_others_find_as_little_while_slack_does_not_tell_who_is_where(
    changing: TwoCustomers,
) -> None:
    faults = changing.story.workspace.faults
    faults.add("conversations.members", RateLimited(), times=None)
    told = ask(changing.gus, changing.of_acme, changing.globex)
    assert told == ask(changing.gus, "CASE-4711", changing.globex).replace(
        "CASE-4711", changing.of_acme
    )


def test_who_left_a_channel_reads_their_own_cases_and_no_others_of_it(
    changing: TwoCustomers,
) -> None:
    changing.globex.kick(changing.gus)
    changing.globex.kick(changing.gustav)
    changing.story.desk.rest()
    assert "Prices are gone" in ask(changing.gus, changing.of_globex)
    assert listed(ask(changing.gus, "list")) == [changing.of_globex]
    assert "I find no" in ask(changing.gustav, changing.of_globex)
    assert NOTHING in ask(changing.gustav, "list")


def test_who_left_the_team_reads_what_others_read(changing: TwoCustomers) -> None:
    story = changing.story
    assert "Prices are gone" in ask(story.ben, changing.of_acme)
    story.team.kick(story.ben)
    story.desk.rest()
    assert "I find no" in ask(story.ben, changing.of_acme)
    assert NOTHING in ask(story.ben, "list")


def test_a_case_outlives_its_channel(changing: TwoCustomers) -> None:
    """Archived: its people and the team read it on."""
    changing.globex.archive()
    changing.story.desk.rest()
    assert "Prices are gone" in ask(changing.gus, changing.of_globex)
    assert listed(ask(changing.gus, "list")) == [changing.of_globex]
    assert "Prices are gone" in ask(changing.gustav, changing.of_globex)
    assert changing.of_globex in listed(ask(changing.story.ana, "list", changing.story.team))


def test_a_colleague_finds_in_the_list_what_they_can_read_by_its_number(
    changing: TwoCustomers,
) -> None:
    changing.globex.archive()
    changing.story.desk.rest()
    assert "Prices are gone" in ask(changing.gustav, changing.of_globex)
    assert listed(ask(changing.gustav, "list")) == [changing.of_globex]


# Why


def test_why_shows_the_sum_over_a_holiday(tell: Tell) -> None:
    story = tell("2026-11-25 16:00")
    name = story.open_case(SEVERE)
    shown = ask(story.carla, f"why {name}", story.acme)
    for words in (
        f"{name}: first response due ",
        "Fri 27 Nov, 9:00 AM Central",
        "counted from when it was opened: today at 10:00 PM (Wed 25 Nov, 4:00 PM Central)",
        "+ Wed 25 Nov 2026 16:00  to  Wed 25 Nov 2026 18:00            2 h   2 h so far",
        "not counted   night, Thanksgiving Day",
        "+ Fri 27 Nov 2026 07:00  to  Fri 27 Nov 2026 09:00            2 h   4 h so far",
        "Times in the sum are Central (America/Chicago).",
        "Nobody has answered yet.",
    ):
        assert words in shown
    assert "What changed it" not in shown


def test_why_counts_nights_and_holidays_where_the_clock_never_stops(tell: Tell) -> None:
    story = tell("2026-11-26 03:00")
    name = story.open_case(STOPPED)
    shown = ask(story.carla, f"why {name}", story.acme)
    assert "2 hours" in shown
    assert "around the clock" in shown
    assert "+ Thu 26 Nov 2026 03:00  to  Thu 26 Nov 2026 05:00            2 h   2 h so far" in shown
    assert "not counted" not in shown


def test_why_of_a_case_filed_at_night_starts_at_the_next_opening(tell: Tell) -> None:
    story = tell("2026-11-28 10:00")
    name = story.open_case("Little business impact")
    shown = ask(story.carla, f"why {name}", story.acme)
    assert "Mon 30 Nov, 6:00 PM Central" in shown
    assert "weekend" in shown
    assert "+ Mon 30 Nov 2026 07:00  to  Mon 30 Nov 2026 18:00           11 h" in shown


def test_why_tells_every_change_of_severity_with_both_due_times(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.now_is("2026-11-23 10:30")
    change_severity(story, name, STOPPED)
    story.now_is("2026-11-23 11:00")
    change_severity(story, name, HOW_TO)
    shown = ask(story.carla, f"why {name}", story.acme)
    for words in (
        f"10:30 AM Central: @Dora changed the severity from {SEVERE} to {STOPPED}.",
        "Due: Mon 23 Nov, 12:30 PM Central, before that Mon 23 Nov, 2:00 PM Central.",
        f"11:00 AM Central: @Dora changed the severity from {STOPPED} to {HOW_TO}.",
        "Due: Wed 25 Nov, 10:00 AM Central, before that Mon 23 Nov, 12:30 PM Central.",
        "first response due Nov 25 at 4:00 PM (Wed 25 Nov, 10:00 AM Central)",
    ):
        assert words in shown
    assert "We looked at it." not in shown, "the reason stands in the thread"


def test_why_counts_a_raised_severity_from_the_change(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(HOW_TO)
    story.now_is("2026-11-23 17:00")
    change_severity(story, name, STOPPED)
    shown = ask(story.carla, f"why {name}", story.acme)
    assert "counted from when its severity was changed" in shown
    assert "+ Mon 23 Nov 2026 17:00  to  Mon 23 Nov 2026 19:00" in shown


def test_why_says_how_it_ended(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    in_time, late = story.open_case(SEVERE), story.open_case(SEVERE)
    closed = story.open_case(SEVERE)
    story.answer(story.ana, in_time)
    story.now_is("2026-11-23 15:00")
    assert "Nobody has answered yet: it is overdue." in ask(story.carla, f"why {late}", story.acme)
    story.answer(story.ana, late)
    resolve(story, closed)
    for name, words in ((in_time, ": in time."), (late, ": late.")):
        shown = ask(story.carla, f"why {name}", story.acme)
        assert "@Ana answered" in shown
        assert words in shown
    assert "@Dora answered" in ask(story.carla, f"why {closed}", story.acme), "the note is one"


def test_why_survives_a_restart(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    change_severity(story, name, STOPPED)
    before = ask(story.carla, f"why {name}", story.acme)
    story.desk.stop_bot()
    story.desk.start_bot()
    assert ask(story.carla, f"why {name}", story.acme) == before


def test_a_customer_who_said_it_got_worse_sees_why_it_is_due_sooner(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.answer(story.ana, name)
    story.now_is("2026-11-23 16:00")
    story.carla.click(story.card(name), f"It is now {STOPPED}")
    assert story.carla.modal is not None
    assert story.carla.modal.submit().ok
    story.desk.advance(seconds=3)
    shown = ask(story.carla, f"why {name}", story.acme)
    assert f"{name}: response due " in shown
    assert "it became worse after our answer" in shown
    assert f"@Carla changed the severity from {SEVERE} to {STOPPED}." in shown
    assert "Mon 23 Nov, 6:00 PM Central" in shown
