"""What becomes of channels: Casebell comes and goes, they get other ids and names, and owners."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from story import ERROR_ANSWERS, QUESTION_ANSWERS, Story, one

from bot.messages import ids
from bot.sandbox import Channel, CutAfter, Message, Person, RateLimited, Refused
from bot.sandbox.faults import Fault

Tell = Callable[..., Story]

OPEN = "Open a case"
IN_IT = "I am in it now"
SEVERE = "Business severely impacted"
NO_IMPACT = "No business impact"


def welcomes(channel: Channel) -> list[Message]:
    return [m for m in channel.messages if m.text.endswith("open a case here")]


def news_of(story: Story, channel: Channel, words: str = "") -> list[Message]:
    """What the team was told of a channel, as it stands now, oldest first."""
    head = f"#{channel.name}: "
    return [m for m in story.team.messages if m.text.startswith(head) and words in m.text]


def new_channel(story: Story, name: str = "beta") -> Channel:
    return story.workspace.add_channel(name, members=[story.carla, story.ana])


def invite(story: Story, channel: Channel) -> None:
    channel.invite(story.workspace.bot, by=story.carla)
    story.desk.advance(seconds=5)


def set_up(story: Story, channel: Channel, account: str, kind: str) -> None:
    """Somebody of the team says whose a channel is."""
    assert story.ana.click(news_of(story, channel)[-1], "Set up").ok
    form = story.ana.modal
    assert form is not None
    form.fill({ids.ACCOUNT: account, ids.KIND: kind})
    assert form.submit().ok
    story.desk.advance(seconds=4)


def press_and_submit(story: Story, person: Person, channel: Channel) -> str:
    """Open a case with the channel's button; its name."""
    assert person.click(welcomes(channel)[-1], OPEN).ok
    assert person.modal is not None
    story.fill(person.modal, NO_IMPACT, QUESTION_ANSWERS)
    assert person.modal.submit().ok
    assert person.modal is not None
    name = person.modal.title
    person.modal.close()
    story.desk.advance(seconds=4)
    return name


def reply(story: Story, name: str, text: str = "We are looking into it.") -> None:
    """Ana presses Reply on the team's card."""
    assert story.ana.click(story.team_card(name), "Reply").ok
    assert story.ana.modal is not None
    story.ana.modal.fill({ids.REPLY_TEXT: text})
    assert story.ana.modal.submit().ok
    story.desk.advance(seconds=5)


def account(story: Story, name: str) -> str:
    with story.desk.bot.store.reading() as tx:
        return tx.cases.get(int(name.removeprefix("CASE-"))).account


# Coming in.


def test_a_channel_that_casebell_joins_is_welcomed_and_the_team_is_told(tell: Tell) -> None:
    story = tell()
    beta = new_channel(story)
    invite(story, beta)
    [pinned] = welcomes(beta)
    assert beta.pins == [pinned]
    assert "Our team answers in this channel" in pinned.shown
    assert "whichever company they work for" in pinned.shown
    assert "support@logik.io" in pinned.shown
    told = one(news_of(story, beta))
    assert IN_IT in told.shown
    assert "A customer" in told.shown
    assert told.buttons == ("Set up",)
    assert story.carla.command("/case", "", beta).ok


def test_a_private_channel_is_joined_like_any_other(tell: Tell) -> None:
    story = tell()
    beta = story.workspace.add_channel("beta", members=[story.carla], private=True)
    invite(story, beta)
    assert len(beta.pins) == 1
    assert "beta" in one(news_of(story, beta)).shown


def test_the_team_s_own_channel_is_not_welcomed(tell: Tell) -> None:
    story = tell()
    story.team.kick(story.workspace.bot)
    invite(story, story.team)
    assert welcomes(story.team) == []
    assert news_of(story, story.team) == []


def test_a_join_told_of_three_times_while_channels_are_learned_is_one_join(tell: Tell) -> None:
    story = tell()
    story.workspace.repeat_events = 3
    beta = new_channel(story)
    beta.invite(story.workspace.bot, by=story.carla)
    story.desk.bot.services.channels.sync()
    story.desk.advance(seconds=5)
    story.desk.bot.services.channels.sync()
    story.desk.advance(hours=1)
    story.desk.stop_bot()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert len(welcomes(beta)) == 1
    assert len(news_of(story, beta)) == 1


def test_a_join_and_the_hourly_look_at_once_are_one_join(tell: Tell, postgres_url: str) -> None:
    """Several processes hear of it, and look, at the same moment."""
    story = tell(database_url=postgres_url)
    beta = new_channel(story)
    story.workspace.hold_events()
    beta.invite(story.workspace.bot)
    channels = story.desk.bot.services.channels
    with ThreadPoolExecutor(6) as hands:
        looks = [hands.submit(channels.sync) for _ in range(3)]
        joins = [hands.submit(channels.joined, beta.id) for _ in range(3)]
    for done in (*looks, *joins):
        done.result()
    story.workspace.release_events()
    story.desk.advance(seconds=5)
    assert len(welcomes(beta)) == 1
    assert len(news_of(story, beta)) == 1


def test_a_join_while_casebell_was_stopped_is_found_at_the_start(tell: Tell) -> None:
    story = tell()
    story.desk.stop_bot()
    beta = new_channel(story)
    beta.invite(story.workspace.bot)
    story.workspace.settle()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert len(welcomes(beta)) == 1
    assert len(news_of(story, beta, IN_IT)) == 1


@pytest.mark.parametrize(
    "fault",
    [RateLimited(30), CutAfter(), Refused("internal_error")],
    ids=["rate limited", "answer lost", "error of Slack's"],
)
@pytest.mark.parametrize("method", ["chat.postMessage", "pins.add"])
def test_a_welcome_or_pin_that_slack_puts_off_comes_later_and_once(
    tell: Tell, method: str, fault: Fault
) -> None:
    story = tell()
    beta = new_channel(story)
    story.workspace.faults.add(
        method, fault, times=1, when=lambda args: args.get("channel") == beta.id
    )
    invite(story, beta)
    story.desk.advance(minutes=2)
    assert beta.pins == welcomes(beta)
    assert len(beta.pins) == 1


@pytest.mark.parametrize("code", ["permission_denied", "too_many_pins", "restricted_action"])
def test_a_welcome_that_cannot_be_pinned_stands_all_the_same(tell: Tell, code: str) -> None:
    story = tell()
    beta = new_channel(story)
    story.workspace.faults.add("pins.add", Refused(code), times=None)
    invite(story, beta)
    story.desk.advance(minutes=5)
    assert len(welcomes(beta)) == 1
    assert press_and_submit(story, story.carla, beta) == "CASE-1001"


def test_a_join_of_which_slack_tells_nothing_yet_is_told_of_again(tell: Tell) -> None:
    story = tell()
    story.workspace.faults.add("conversations.info", Refused("internal_error"), times=2)
    beta = new_channel(story)
    invite(story, beta)
    assert len(welcomes(beta)) == 1


# Going, and coming back.


def test_after_a_removal_the_team_hears_what_is_open_and_the_customer_is_reached_by_dm(
    tell: Tell,
) -> None:
    story = tell()
    name = story.open_case(SEVERE)
    story.acme.kick(story.workspace.bot)
    story.desk.advance(seconds=5)
    told = news_of(story, story.acme, "not in it any more")[0]
    assert f"Open there: {name}" in told.shown
    assert told.buttons == ()
    reply(story, name)
    assert f"About {name}:\nWe are looking into it." in story.carla.dms[-1].shown
    assert "Answered" in story.team_card(name).shown


def test_what_the_customer_answers_to_a_reply_by_dm_reaches_the_team(tell: Tell) -> None:
    """Where the channel takes no words, the DM is all that the customer has."""
    story = tell()
    name = story.open_case(SEVERE)
    story.acme.kick(story.workspace.bot)
    story.desk.advance(seconds=5)
    reply(story, name)
    story.carla.post(story.carla.dm, "It is still down.", story.carla.dms[-1])
    story.desk.advance(seconds=5)
    assert any("It is still down." in m.shown for m in story.team_card(name).thread)


def test_back_in_a_channel_casebell_says_so_again_and_goes_on_in_the_threads(tell: Tell) -> None:
    story = tell()
    name = story.open_case(SEVERE)
    story.acme.kick(story.workspace.bot)
    story.desk.advance(minutes=5)
    invite(story, story.acme)
    assert len(welcomes(story.acme)) == 2
    assert welcomes(story.acme)[-1] in story.acme.pins
    back = news_of(story, story.acme, IN_IT)[-1]
    assert f"Open there: {name}" in back.shown
    assert back.buttons == ("Set up",)
    story.answer(story.ana, name)
    assert "Answered" in story.card(name).shown
    story.carla.post(story.acme, "Thank you.", story.card(name))
    story.desk.advance(seconds=4)
    assert any("Thank you." in m.shown for m in story.team_card(name).thread)


def test_a_removal_told_of_three_times_is_told_once(tell: Tell) -> None:
    story = tell()
    story.workspace.repeat_events = 3
    story.acme.kick(story.workspace.bot)
    story.desk.advance(seconds=5)
    assert len(news_of(story, story.acme, "not in it any more")) == 1


def test_a_removal_while_casebell_was_stopped_is_told_at_the_start(tell: Tell) -> None:
    story = tell()
    name = story.open_case(SEVERE)
    story.desk.stop_bot()
    story.acme.kick(story.workspace.bot)
    story.workspace.settle()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert name in news_of(story, story.acme, "not in it any more")[0].shown


def test_a_join_that_is_told_of_after_the_removal_is_not_believed(tell: Tell) -> None:
    story = tell()
    beta = new_channel(story)
    story.workspace.hold_events()
    beta.invite(story.workspace.bot)
    beta.kick(story.workspace.bot)
    story.workspace.release_events("reversed")
    story.desk.advance(seconds=5)
    assert "I am not in this channel" in story.carla.command("/case", "", beta).text


# Archived, and in use again.


def test_an_archived_channel_keeps_its_cases_and_their_clocks(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.acme.archive(by=story.ana)
    story.desk.advance(seconds=5)
    told = news_of(story, story.acme, "archived")[0]
    assert f"Open there: {name}. They stay with us, and their clocks run on" in told.shown
    story.now_is("2026-11-23 14:00:05")
    assert any("overdue" in words for words in story.news())
    reply(story, name)
    assert f"About {name}:" in story.carla.dms[-1].shown


def test_an_unarchived_channel_goes_on_with_its_cases(tell: Tell) -> None:
    story = tell()
    name = story.open_case(SEVERE)
    story.acme.archive(by=story.ana)
    story.desk.advance(minutes=5)
    story.acme.unarchive(by=story.ana)
    story.desk.advance(seconds=5)
    story.answer(story.carla, name, "Still there?")
    assert any("Still there?" in m.shown for m in story.team_card(name).thread)
    second = press_and_submit(story, story.emil, story.acme)
    assert account(story, second) == "acme"


def test_an_unarchived_channel_has_one_welcome_and_is_said_to_be_in_use_again(tell: Tell) -> None:
    story = tell()
    story.acme.archive(by=story.ana)
    story.desk.advance(minutes=5)
    story.acme.unarchive(by=story.ana)
    story.desk.advance(seconds=5)
    assert len(welcomes(story.acme)) == 1, "it is pinned there all the time"
    assert news_of(story, story.acme, "in use again")


def test_a_channel_that_is_asked_about_while_it_is_archived_is_not_taken_for_joined(
    tell: Tell,
) -> None:
    story = tell()
    story.acme.archive(by=story.ana)
    story.desk.advance(seconds=5)
    story.carla.command("/case", "", story.acme)
    story.desk.advance(seconds=5)
    assert len(news_of(story, story.acme, IN_IT)) == 1, "of the beginning"


# Another id.


def test_under_a_new_id_cases_threads_and_buttons_go_on(tell: Tell) -> None:
    story = tell()
    name = story.open_case(SEVERE)
    set_up(story, story.acme, "Acme Ltd", "customer")
    story.acme.change_id()
    story.desk.advance(seconds=4)
    story.carla.post(story.acme, "Any news?", story.card(name))
    story.desk.advance(seconds=4)
    assert any("Any news?" in m.shown for m in story.team_card(name).thread)
    reply(story, name)
    assert "Answered" in story.card(name).shown
    assert "We are looking into it." in story.card(name).thread[-1].shown
    assert name in story.carla.command("/case", "list", story.acme).text
    second = press_and_submit(story, story.emil, story.acme)
    story.card(second)
    assert account(story, second) == "Acme Ltd"
    assert len(welcomes(story.acme)) == 1


def test_messages_on_their_way_follow_a_channel_to_its_new_id(tell: Tell) -> None:
    story = tell()
    old = story.acme.id
    story.workspace.faults.add(
        "chat.postMessage", RateLimited(20), when=lambda args: args.get("channel") == old
    )
    assert story.submit(SEVERE, ERROR_ANSWERS).ok
    story.desk.rest()
    story.emil.post(story.acme, f"{story.workspace.bot.mention} help")
    story.desk.rest()
    story.acme.change_id()
    story.desk.advance(seconds=40)
    card = story.card("CASE-1001")
    story.answer(story.ana, "CASE-1001")
    assert "Answered" in card.shown
    assert len([m for m in story.acme.messages if m.text.startswith("To open a case")]) == 1


def test_a_welcome_on_its_way_follows_a_channel_to_its_new_id(tell: Tell) -> None:
    story = tell()
    beta = new_channel(story)
    story.workspace.faults.add(
        "chat.postMessage", RateLimited(20), when=lambda args: args.get("channel") == beta.id
    )
    beta.invite(story.workspace.bot)
    story.desk.rest()
    beta.change_id()
    story.desk.advance(seconds=40)
    assert len(welcomes(beta)) == 1
    set_up(story, beta, "Beta Inc", "customer")
    assert "Beta Inc" in one(news_of(story, beta)).shown


def test_a_new_id_that_is_told_of_three_times_changes_nothing_more(tell: Tell) -> None:
    story = tell()
    name = story.open_case(SEVERE)
    story.workspace.repeat_events = 3
    story.acme.change_id()
    story.desk.advance(seconds=4)
    story.answer(story.ana, name)
    assert "Answered" in story.card(name).shown


def test_words_told_of_before_the_new_id_is_are_found_later(tell: Tell) -> None:
    """The event on the message comes first, and names a channel that nobody knows."""
    story = tell()
    name = story.open_case(SEVERE)
    story.workspace.hold_events()
    story.acme.change_id()
    story.ana.post(story.acme, "We are looking into it.", story.card(name))
    story.workspace.release_events("reversed")
    story.desk.rest()
    story.desk.stop_bot()
    story.desk.start_bot()
    story.desk.advance(seconds=4)
    assert "Answered" in story.card(name).shown


def test_a_form_that_was_open_when_the_id_changed_makes_its_case_under_the_new_one(
    tell: Tell,
) -> None:
    story = tell()
    assert story.emil.click(welcomes(story.acme)[0], OPEN).ok
    form = story.emil.modal
    assert form is not None
    story.fill(form, NO_IMPACT, QUESTION_ANSWERS)
    story.acme.change_id()
    story.desk.advance(seconds=3)
    assert form.submit().ok
    story.desk.advance(seconds=5)
    assert account(story, "CASE-1001") == "acme"
    story.card("CASE-1001")


def test_a_set_up_form_of_a_channel_that_is_not_known_any_more_says_so(tell: Tell) -> None:
    story = tell()
    assert story.ana.click(news_of(story, story.acme)[0], "Set up").ok
    form = story.ana.modal
    assert form is not None
    story.acme.change_id()
    story.desk.advance(seconds=3)
    form.fill({ids.ACCOUNT: "Acme Ltd", ids.KIND: "partner"})
    submission = form.submit()
    story.desk.advance(seconds=4)
    assert submission.errors or "Acme Ltd" in one(news_of(story, story.acme)).shown


# Other names, and other organisations.


def test_a_renamed_channel_gives_later_cases_its_new_name(tell: Tell) -> None:
    story = tell()
    first = story.open_case(NO_IMPACT, answers=QUESTION_ANSWERS)
    story.acme.rename("acme-corp")
    story.desk.advance(seconds=3)
    second = story.open_case(NO_IMPACT, answers=QUESTION_ANSWERS)
    assert (account(story, first), account(story, second)) == ("acme", "acme-corp")
    assert len(welcomes(story.acme)) == 1


def test_what_the_team_called_a_channel_outlives_its_new_name(tell: Tell) -> None:
    story = tell()
    set_up(story, story.acme, "Acme Ltd", "customer")
    story.acme.rename("acme-corp")
    story.desk.advance(seconds=3)
    name = story.open_case(NO_IMPACT, answers=QUESTION_ANSWERS)
    assert "Acme Ltd" in story.team_card(name).shown.splitlines()[0]


def test_an_organisation_that_is_disconnected_leaves_its_cases_and_may_come_back(
    tell: Tell,
) -> None:
    story = tell()
    name = press_and_submit(story, story.emil, story.acme)
    story.acme.unshare(story.emil.team)
    story.desk.advance(seconds=5)
    told = news_of(story, story.acme, "no longer shared")[0]
    assert f"Open there: {name}" in told.shown
    assert name in story.carla.command("/case", "list", story.acme).text
    story.acme.share_with_team(story.emil.team)
    story.acme.invite(story.emil)
    story.desk.advance(seconds=5)
    story.emil.post(story.acme, "We are back.", story.card(name))
    story.desk.advance(seconds=4)
    assert any("We are back." in m.shown for m in story.team_card(name).thread)
    assert account(story, press_and_submit(story, story.emil, story.acme)) == "acme"
    assert len(welcomes(story.acme)) == 1


# Whose a channel is.


def test_the_team_says_whose_a_channel_is_and_new_cases_carry_it(tell: Tell) -> None:
    story = tell()
    old = story.open_case(NO_IMPACT, answers=QUESTION_ANSWERS)
    assert story.ana.click(news_of(story, story.acme)[0], "Set up").ok
    form = story.ana.modal
    assert form is not None
    assert form.input(ids.ACCOUNT).answer == "acme"
    assert form.input(ids.KIND).answer == "customer"
    form.close()
    set_up(story, story.acme, "Acme <Ltd> & Söhne", "customer")
    assert "Acme <Ltd> & Söhne" in one(news_of(story, story.acme)).shown
    new = story.open_case(NO_IMPACT, answers=QUESTION_ANSWERS)
    assert "Acme <Ltd> & Söhne" in story.team_card(new).shown.splitlines()[0]
    assert story.team_card(old).shown.splitlines()[0].endswith("· acme")
    assert story.ana.click(news_of(story, story.acme)[0], "Set up").ok
    assert story.ana.modal is not None
    assert story.ana.modal.input(ids.ACCOUNT).answer == "Acme <Ltd> & Söhne"


def test_blanks_for_an_account_bring_the_channels_own_name_back(tell: Tell) -> None:
    story = tell()
    set_up(story, story.acme, "Acme Ltd", "customer")
    set_up(story, story.acme, "   ", "customer")
    name = story.open_case(NO_IMPACT, answers=QUESTION_ANSWERS)
    assert account(story, name) == "acme"


@pytest.mark.parametrize(
    ("kind", "asks", "optional"),
    [("customer", False, None), ("partner", True, False), ("internal", True, True)],
)
def test_the_form_asks_for_whom_as_the_kind_of_channel_says(
    tell: Tell, kind: str, *, asks: bool, optional: bool | None
) -> None:
    story = tell()
    set_up(story, story.acme, "Acme", kind)
    form = story.open_form()
    asked = [given for given in form.inputs if given.label == "On whose behalf?"]
    assert bool(asked) is asks
    assert [given.optional for given in asked] == ([optional] if asks else [])


def test_a_blocked_channel_is_served_again_when_the_team_says_so(tell: Tell) -> None:
    story = tell()
    set_up(story, story.acme, "Acme", "blocked")
    assert "Blocked" in one(news_of(story, story.acme)).shown
    assert "not taken from this channel" in story.carla.command("/case", "", story.acme).text
    set_up(story, story.acme, "Acme", "customer")
    assert story.carla.command("/case", "", story.acme).ok
    assert story.carla.modal is not None


def test_a_blocked_channel_stays_blocked_when_casebell_is_brought_in_again(tell: Tell) -> None:
    """Somebody types `/case` before Casebell hears that it is back."""
    story = tell()
    set_up(story, story.acme, "Acme", "blocked")
    story.acme.kick(story.workspace.bot)
    story.desk.advance(seconds=3)
    story.workspace.hold_events()
    story.acme.invite(story.workspace.bot)
    reply = story.carla.command("/case", "", story.acme)
    story.workspace.release_events()
    assert "Cases are not taken from this channel" in reply.text
    assert story.carla.modal is None


def test_a_case_goes_on_in_a_channel_that_was_blocked_since(tell: Tell) -> None:
    story = tell()
    name = story.open_case(SEVERE)
    set_up(story, story.acme, "Acme", "blocked")
    reply(story, name)
    assert "We are looking into it." in story.card(name).thread[-1].shown
    story.carla.post(story.acme, "Thanks!", story.card(name))
    story.desk.advance(seconds=4)
    assert any("Thanks!" in m.shown for m in story.team_card(name).thread)


def test_news_of_a_blocked_channel_does_not_say_that_it_takes_cases(tell: Tell) -> None:
    story = tell()
    set_up(story, story.acme, "Acme", "blocked")
    assert "take cases from there" not in one(news_of(story, story.acme)).shown


def test_only_the_team_says_whose_a_channel_is(tell: Tell) -> None:
    story = tell()
    story.team.invite(story.carla)  # a guest whom somebody let in
    told = news_of(story, story.acme)[0]
    answer = story.carla.click(told, "Set up")
    assert "Only people of the support team" in answer.text
    assert story.carla.modal is None


def test_a_set_up_of_somebody_who_has_left_the_team_since_is_refused(tell: Tell) -> None:
    story = tell()
    assert story.dora.click(news_of(story, story.acme)[0], "Set up").ok
    form = story.dora.modal
    assert form is not None
    form.fill({ids.ACCOUNT: "Mine", ids.KIND: "blocked"})
    story.team.kick(story.dora)
    story.desk.advance(seconds=3)
    assert "Only people of the support team" in str(form.submit().errors)
    assert "Mine" not in one(news_of(story, story.acme)).shown
