"""What is known of people, channels, pages and forms, as stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from making import NOW, SECOND, a_case

from bot.domain.access import Member, Reach
from bot.domain.case import Person, Place
from bot.domain.page import Page, PageState, TeamNews
from bot.domain.records import Channel, ChannelKind, KeptDraft, Submission
from bot.domain.segments import Segment
from bot.policy import load_policy
from storage.store import SqlStore
from storage.tables import pages

ANA = Member("U1", "T1", "Ana", tz="America/Chicago", in_team_channel=True, dm_channel="D1")
BEN = Member("U2", "T1", "Ben", in_team_channel=True)
ACME = Channel("C1", "T1", "acme", is_member=True, is_ext_shared=True, joined_at=NOW)
OTHER = Channel("C2", "T1", "other", is_member=True, is_ext_shared=False, joined_at=NOW)
LATER = NOW + SECOND


def test_what_is_learned_of_a_person_replaces_what_was_known(store: SqlStore) -> None:
    gone = replace(ANA, name="Ana M.", is_deleted=True, in_team_channel=False)
    for learned in (ANA, gone):
        with store.transaction() as tx:
            tx.roster.learn_member(learned, NOW)
            assert tx.roster.member("U1") == learned
            assert tx.roster.member("U9") is None


def test_a_dm_channel_once_learned_stays(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.roster.learn_member(ANA, NOW)
        tx.roster.learn_member(replace(ANA, dm_channel=None), NOW)
    with store.reading() as tx:
        assert tx.roster.member("U1") == ANA


NIGHT = Segment(NOW, NOW + 2 * SECOND)


def test_what_is_known_of_reaching_somebody_stays_when_they_are_looked_up(store: SqlStore) -> None:
    refused = Reach("user_disabled", NIGHT)
    with store.transaction() as tx:
        tx.roster.learn_member(ANA, NOW)
        assert tx.roster.reach("U1") == tx.roster.reach("U9") == Reach()
        tx.roster.learn_reach("U1", refused)
        tx.roster.learn_member(replace(ANA, name="Ana M."), LATER)
        assert tx.roster.reach("U1") == refused
        tx.roster.learn_reach("U1", Reach())
        assert tx.roster.reach("U1") == Reach()


@pytest.mark.parametrize(
    ("at", "quiet"),
    [(NOW - SECOND, set()), (NOW, {"U1"}), (LATER, {"U1"}), (NIGHT.end, set())],
    ids=["before", "from the start", "within", "at the end"],
)
def test_slack_keeps_quiet_from_the_start_of_a_stretch_to_its_end(
    store: SqlStore, at: datetime, quiet: set[str]
) -> None:
    with store.transaction() as tx:
        for member in (ANA, BEN):
            tx.roster.learn_member(member, NOW)
        tx.roster.learn_reach("U1", Reach(quiet=NIGHT))
        tx.roster.learn_reach("U2", Reach("user_disabled"))
        assert tx.roster.quiet(["U1", "U2"], at) == quiet
        assert tx.roster.quiet(["U2"], at) == set(), "nobody asked of the other"


def test_who_was_looked_up_lately_need_not_be_looked_up_again(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.roster.learn_member(ANA, NOW)
        tx.roster.learn_member(BEN, NOW - SECOND)
        assert tx.roster.learned_since(["U1", "U2", "U9"], NOW) == {"U1"}
        assert tx.roster.learned_since(["U2"], NOW - SECOND) == {"U2"}
        assert tx.roster.learned_since([], NOW) == set()


@pytest.mark.parametrize("inside", [["U1"], ["U1", "U2"], []], ids=["one", "both", "nobody"])
def test_the_team_is_who_is_in_its_channel_and_nobody_else(
    store: SqlStore, inside: list[str]
) -> None:
    with store.transaction() as tx:
        tx.roster.learn_member(ANA, NOW)
        tx.roster.learn_member(BEN, NOW)
        tx.roster.set_team(inside, NOW)
    with store.reading() as tx:
        known = [tx.roster.member(user_id) for user_id in ("U1", "U2")]
    assert [member.user_id for member in known if member and member.in_team_channel] == inside


@pytest.mark.parametrize("found", [[OTHER], []], ids=["one of two", "none"])
def test_the_channels_that_casebell_is_in_are_those_that_slack_names(
    store: SqlStore, found: list[Channel]
) -> None:
    with store.transaction() as tx:
        tx.roster.set_member_channels([ACME, OTHER], NOW)
        assert tx.roster.member_channels() == [ACME, OTHER]
        tx.roster.set_member_channels(found, NOW)
    with store.reading() as tx:
        assert tx.roster.member_channels() == found
        assert tx.roster.channel("C1") == replace(ACME, is_member=False, joined_at=None)


def test_a_channel_that_is_left_is_still_known(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.roster.learn_channel(ACME, NOW)
        tx.roster.leave_channel("C1")
        assert tx.roster.channel("C1") == replace(ACME, is_member=False, joined_at=None)
        assert tx.roster.channel("C9") is None


@pytest.mark.parametrize(
    ("for_now", "joined_at"), [(True, NOW), (False, LATER)], ids=["archived", "left"]
)
def test_who_comes_back_to_a_channel_that_was_only_archived_never_left(
    store: SqlStore, for_now: bool, joined_at: datetime
) -> None:
    with store.transaction() as tx:
        tx.roster.learn_channel(ACME, NOW)
        tx.roster.learn_channel(OTHER, NOW)
        tx.roster.leave_channel("C1", for_now=for_now)
        assert tx.roster.member_channels() == [OTHER]
        assert tx.roster.learn_channel(ACME, LATER) == replace(ACME, joined_at=joined_at)


def test_a_look_at_all_channels_leaves_alone_those_that_are_archived(store: SqlStore) -> None:
    """Slack does not name them among those that Casebell is in."""
    with store.transaction() as tx:
        tx.roster.set_member_channels([ACME, OTHER], NOW)
        tx.roster.leave_channel("C1", for_now=True)
        tx.roster.set_member_channels([OTHER], LATER)
        assert tx.roster.channel("C1") == replace(ACME, is_member=False)
        assert tx.roster.member_channels() == [OTHER]


def test_what_slack_says_of_a_channel_replaces_what_was_known(store: SqlStore) -> None:
    renamed = replace(ACME, name="acme-ltd", is_ext_shared=False, team_id="T3")
    with store.transaction() as tx:
        tx.roster.learn_channel(ACME, NOW)
        assert tx.roster.learn_channel(renamed, LATER) == renamed
        assert tx.roster.channel("C1") == renamed


@pytest.mark.parametrize(
    ("membership", "joined_at"),
    [
        ([True], NOW),
        ([False], None),
        ([True, True], NOW),
        ([False, True], LATER),
        ([True, False], None),
        ([True, False, True], NOW + 2 * SECOND),
    ],
    ids=["in", "out", "still in", "came in", "left", "came back"],
)
def test_when_casebell_came_into_a_channel_is_when_it_was_learned_of_first(
    store: SqlStore, membership: list[bool], joined_at: datetime | None
) -> None:
    told = replace(ACME, joined_at=NOW - SECOND)  # that is not for others to say
    for n, is_member in enumerate(membership):
        with store.transaction() as tx:
            learned = tx.roster.learn_channel(replace(told, is_member=is_member), NOW + n * SECOND)
    assert learned.joined_at == joined_at
    with store.reading() as tx:
        assert tx.roster.channel("C1") == learned


def test_a_look_at_all_channels_keeps_when_casebell_came_into_each(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.roster.set_member_channels([ACME], NOW)
        tx.roster.set_member_channels([ACME, OTHER], LATER)
        assert tx.roster.member_channels() == [ACME, replace(OTHER, joined_at=LATER)]


def test_what_the_team_says_of_a_channel_stays_whatever_slack_says(store: SqlStore) -> None:
    described = replace(ACME, account="Acme Ltd", kind=ChannelKind.PARTNER)
    with store.transaction() as tx:
        tx.roster.set_member_channels([ACME, OTHER], NOW)
        tx.roster.describe_channel("C1", "Acme Ltd", ChannelKind.PARTNER)
        assert tx.roster.learn_channel(ACME, LATER) == described
        tx.roster.set_member_channels([ACME, OTHER], LATER)
    with store.reading() as tx:
        assert tx.roster.member_channels() == [described, OTHER]
        assert (described.account_name, OTHER.account_name) == ("Acme Ltd", "other")


_SEEN = Page(
    PageState.CLOSED,
    None,
    version=7,
    round=2,
    next_step=3,
    level="secondary",
    level_version=6,
    rung=frozenset({"U2", "U1"}),
    quiet=frozenset({"U1"}),
    unreachable=frozenset({"U3"}),
    unreachable_said=frozenset({"U3"}),
    silence_said=TeamNews.NOBODY_REACHABLE,
    acknowledged_by="U2",
    acknowledged_level="secondary",
    acknowledged_at=NOW + timedelta(microseconds=7),
)


@pytest.mark.parametrize("page", [Page(PageState.HELD, NOW), _SEEN], ids=["new", "all of it"])
def test_a_page_comes_back_as_the_page_machine_left_it(store: SqlStore, page: Page) -> None:
    policy = load_policy().paging
    with store.transaction() as tx:
        case, _ = tx.cases.open(a_case())
        page_id = tx.pages.add(case.number, policy, Page(PageState.RINGING, NOW), NOW)
        tx.pages.save(page_id, page)
    with store.transaction() as tx:
        row = tx.pages.get(page_id, lock=True)
    assert row is not None
    assert (row.page, row.policy, row.case_number, row.opened_at) == (page, policy, 1001, NOW)


def test_a_page_of_an_older_version_can_still_be_read(store: SqlStore) -> None:
    """It knows of nobody for whom Slack keeps quiet."""
    with store.transaction() as tx:
        case, _ = tx.cases.open(a_case())
        page_id = tx.pages.add(case.number, load_policy().paging, _SEEN, NOW)
    with store.database.transaction() as connection:
        machine = dict(connection.execute(sa.select(pages.c.machine)).scalar_one())
        del machine["quiet"]
        connection.execute(sa.update(pages).values(machine=machine))
    with store.reading() as tx:
        row = tx.pages.get(page_id)
    assert row is not None
    assert row.page == replace(_SEEN, quiet=frozenset())


def test_the_latest_page_of_a_case_is_its_own(store: SqlStore) -> None:
    policy, page = load_policy().paging, Page(PageState.HELD, NOW)
    with store.transaction() as tx:
        numbers = [tx.cases.open(a_case(view))[0].number for view in ("V1", "V2", "V3")]
        tx.pages.add(numbers[0], policy, page, NOW)
        latest = tx.pages.add(numbers[0], policy, page, NOW)
        tx.pages.add(numbers[1], policy, page, NOW)
    with store.transaction() as tx:
        row = tx.pages.latest_of(numbers[0], lock=True)
        assert row is not None
        assert row.id == latest
        assert tx.pages.latest_of(numbers[2]) is None
        assert tx.pages.get(10_000) is None


def _submission(view_id: str = "V1", received_at: datetime = NOW) -> Submission:
    answers = {"summary": "Prices 💥 are gone"}
    return Submission(Person("T2", "U1"), Place("T1", "C1"), view_id, answers, received_at)


def test_a_form_is_kept_as_it_came_until_something_came_of_it(store: SqlStore) -> None:
    with store.transaction() as tx:
        submission_id = tx.submissions.add(_submission(), {"type": "view_submission"})
        assert tx.submissions.get(submission_id) == (_submission(), None)
        case, _ = tx.cases.open(a_case())
        tx.submissions.settle(submission_id, "opened", case.number)
    with store.reading() as tx:
        assert tx.submissions.get(submission_id) == (_submission(), "opened")


@pytest.mark.parametrize(
    ("others", "repeated"),
    [
        ([], False),
        ([("V1", "U1")], True),
        ([("V2", "U1"), ("V1", "U2")], False),
        ([("V2", "U2"), ("V1", "U1")], True),
    ],
    ids=["came once", "came again", "another form, another person", "came again among others"],
)
def test_a_form_is_repeated_when_the_same_person_sent_it_again(
    store: SqlStore, others: list[tuple[str, str]], repeated: bool
) -> None:
    with store.transaction() as tx:
        first = tx.submissions.add(_submission(), {})
        later = [
            tx.submissions.add(replace(_submission(view), person=Person("T2", user)), {})
            for view, user in others
        ]
        assert tx.submissions.is_repeated(first) is repeated
        assert not any(tx.submissions.is_repeated(one) for one in later), "none came after it"


@pytest.mark.parametrize(
    ("outcome", "repeated"),
    [("opened", True), ("same", True), ("refused", False), ("failed", False)],
)
def test_a_form_is_not_repeated_by_one_that_came_to_nothing(
    store: SqlStore, outcome: str, repeated: bool
) -> None:
    with store.transaction() as tx:
        first, later = (tx.submissions.add(_submission(), {}) for _ in range(2))
        tx.submissions.settle(later, outcome, None)
        assert tx.submissions.is_repeated(first) is repeated


def test_what_was_typed_so_far_is_kept_by_form(store: SqlStore) -> None:
    person = Person("T2", "U1")
    with store.transaction() as tx:
        assert tx.submissions.draft("V1") is None
        assert tx.submissions.drawn_for("V1") is None
        tx.submissions.save_draft("V1", person, {"summary": "Pri"}, NOW, drawn_for="1.0")
        tx.submissions.save_draft("V1", person, {"summary": "Prices"}, LATER, drawn_for="2.0")
        tx.submissions.save_draft("V2", person, {"summary": "Other"}, NOW, drawn_for="3.0")
    with store.reading() as tx:
        assert tx.submissions.draft("V1") == KeptDraft(person, {"summary": "Prices"}, LATER)
        assert tx.submissions.drawn_for("V1") == "2.0"


def test_words_that_are_given_back_know_where_the_case_was_asked_for(store: SqlStore) -> None:
    person, place = Person("T2", "U1"), Place("T1", "C1")
    with store.transaction() as tx:
        tx.submissions.save_draft("K1", person, {"summary": "Prices"}, NOW, place=place)
    with store.reading() as tx:
        assert tx.submissions.draft("K1") == KeptDraft(person, {"summary": "Prices"}, NOW, place)
        assert tx.submissions.drawn_for("K1") == "", "no form was drawn for it"
    with store.transaction() as tx:
        tx.submissions.save_draft("K1", person, {"summary": "Prices"}, LATER)
        assert tx.submissions.draft("K1") == KeptDraft(person, {"summary": "Prices"}, LATER)


def test_old_forms_and_drafts_are_forgotten_each_at_its_age(store: SqlStore) -> None:
    old, young, raw_before, drafts_before = (NOW + n * SECOND for n in (0, 3, 1, 2))
    person = Person("T2", "U1")
    with store.transaction() as tx:
        tx.submissions.add(_submission(received_at=old), {})
        kept = tx.submissions.add(_submission("V2", received_at=raw_before), {})
        tx.submissions.save_draft("V1", person, {"summary": "old"}, raw_before)
        tx.submissions.save_draft("V2", person, {"summary": "young"}, young)
        forgotten = tx.submissions.purge(
            raw_before=raw_before, drafts_before=drafts_before, limit=10
        )
    assert forgotten == 2
    with store.reading() as tx:
        assert tx.submissions.get(kept)[0].view_id == "V2"
        assert tx.submissions.draft("V1") is None
        assert tx.submissions.draft("V2") == KeptDraft(person, {"summary": "young"}, young)
