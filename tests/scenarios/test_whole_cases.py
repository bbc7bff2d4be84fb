"""Whole cases, from the form to the resolution, as different people live them."""

from __future__ import annotations

from collections.abc import Callable

from story import ERROR_ANSWERS, Story, one

from bot.sandbox import Channel, Message, OpenView, Person

Tell = Callable[..., Story]

SEVERE, STOPPED = "Business severely impacted", "Business Stopped"
OPEN, FOR_WHOM = "Open a case", "On whose behalf?"
REPLY, NOTE = "Your reply", "What was it, and what has been done?"
INTERNAL = "Their contract ends in May."


class Desk:
    """Presses the buttons of a story's people, in one channel."""

    def __init__(self, story: Story, channel: Channel) -> None:
        self.story = story
        self.channel = channel

    def press_open(self, person: Person) -> OpenView:
        """Press the button that is pinned in the channel."""
        assert person.click(one(self.channel.pins), OPEN).ok
        assert person.modal is not None
        return person.modal

    def submit(self, form: OpenView, severity: str, **more: str) -> str:
        """Fill the form in, submit it, and give the case's name."""
        self.story.fill(form, severity, {**ERROR_ANSWERS, **more})
        assert form.submit().ok
        name = form.title
        form.close()
        self.story.desk.advance(seconds=3)
        return name

    def card(self, name: str) -> Message:
        return self.story.card(name, self.channel)

    def thread(self, name: str) -> str:
        """All that the customer's side reads of it."""
        card = self.card(name)
        return "\n".join(message.shown for message in (card, *card.thread))

    def in_form(self, person: Person, message: Message, button: str, label: str, text: str) -> None:
        """Press a button, type, and send."""
        assert person.click(message, button).ok
        assert person.modal is not None
        person.modal.fill({label: text})
        assert person.modal.submit().ok
        self.story.desk.advance(seconds=3)

    def write(self, person: Person, name: str, text: str) -> None:
        person.post(self.channel, text, self.card(name))
        self.story.desk.advance(seconds=3)

    def play(self, name: str, customer: Person) -> None:
        """From an open case to its end: asked, answered, resolved, reopened, resolved."""
        story, team_card = self.story, self.story.team_card
        assert story.ana.click(team_card(name), "Take").ok
        story.desk.advance(minutes=5)
        assert "Assigned to\n@Ana" in self.card(name).shown
        self.in_form(story.ana, team_card(name), "Reply", REPLY, "Which browser is it?")
        assert "Status\nAnswered" in self.card(name).shown
        story.ben.post(story.team, INTERNAL, team_card(name))
        self.write(customer, name, "It is Chrome.")
        assert any("It is Chrome." in reply.shown for reply in team_card(name).thread)
        self.in_form(story.ana, team_card(name), "Resolve", NOTE, "A cache was stale.")
        assert "Status\nResolved" in self.card(name).shown
        story.desk.advance(hours=2)
        self.write(customer, name, "It is back.")
        assert "Status\nOpen again, waiting for us" in self.card(name).shown
        assert any("is open again" in news for news in story.news())
        self.in_form(story.ana, team_card(name), "Resolve", NOTE, "Both caches were.")
        assert "Status\nResolved" in self.card(name).shown
        said = self.thread(name)
        for words in ("Which browser is it?", "A cache was stale.", "Both caches were."):
            assert words in said
        assert team_card(name).buttons == ("Reopen", "Reply")
        self.nothing_internal_leaked()

    def nothing_internal_leaked(self) -> None:
        """Not in any channel but the team's, nor in the DM of anybody who is not of the team."""
        team = self.story.team
        for room in self.story.workspace.conversations.values():
            readers = [person for person in room.members if person is not room.state.bot]
            if room is not team and not all(person in team.members for person in readers):
                assert not [m for m in room.messages if INTERNAL in m.shown or INTERNAL in m.text]


def receipt(person: Person, name: str) -> Message:
    return one(m for m in person.dms if f"We have your case {name}" in m.shown)


def set_up(story: Story, channel: Channel, account: str, kind: str) -> None:
    """Dora says whose a channel is."""
    news = one(m for m in story.team.messages if m.text.startswith(f"#{channel.name}: "))
    assert story.dora.click(news, "Set up").ok
    form = story.dora.modal
    assert form is not None
    form.fill({"Whose channel is it?": account, "Who are they?": kind})
    assert form.submit().ok
    story.desk.advance(seconds=3)


def partner_channel(story: Story, kind: str = "A partner") -> tuple[Desk, Person]:
    """#initech, where Paula of Initech opens cases for others."""
    ws = story.workspace
    initech = ws.add_team("Initech")
    paula = ws.add_person("Paula", team=initech, tz="Europe/London")
    channel = ws.add_channel("initech", members=[paula, story.dora], shared_with=[initech])
    channel.invite(ws.bot, by=story.dora)
    story.desk.advance(seconds=3)
    set_up(story, channel, "Initech", kind)
    return Desk(story, channel), paula


def test_a_member_of_another_organisation(tell: Tell) -> None:
    """Slack refuses Emil the command; the pinned button he can press."""
    story = tell()
    desk, emil = Desk(story, story.acme), story.emil
    assert not emil.command("/case", "", story.acme).ok
    assert emil.modal is None
    form = desk.press_open(emil)
    assert FOR_WHOM not in {given.label for given in form.inputs}
    name = desk.submit(form, SEVERE)
    card = desk.card(name).shown_to(emil)
    assert "Opened by\n@Emil" in card
    assert "tomorrow at 1:30 AM (Mon 23 Nov, 2:00 PM Central)" in card, "as they read it in Kolkata"
    assert "tomorrow at 1:30 AM" in receipt(emil, name).shown_to(emil)
    with story.desk.bot.store.reading() as tx:
        assert tx.cases.get(1001).reporter.team_id == emil.team.id
    desk.play(name, emil)


def test_a_member_of_another_organisation_at_night(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    desk, emil, alarm = Desk(story, story.acme), story.emil, "Still down: page on-call"
    form = desk.press_open(emil)
    form.fill({"How badly is your business affected?": STOPPED})
    assert "wakes the on-call engineer" in form.text
    name = desk.submit(form, STOPPED)
    assert story.rung() == ["Ana"]
    assert "rings until somebody has it" in emil.click(desk.card(name), alarm).text
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.desk.advance(seconds=3)
    desk.in_form(story.ana, story.pages(story.ana)[0], "Reply", REPLY, "I am looking.")
    story.desk.advance(minutes=40)
    desk.in_form(emil, desk.card(name), alarm, "What has changed?", "Nothing has.")
    assert story.rung() == ["Ana", "Ana"]
    desk.in_form(story.ana, story.team_card(name), "Resolve", NOTE, "Restarted.")
    story.desk.advance(hours=2)
    assert story.rung() == ["Ana", "Ana"]
    assert "Status\nResolved" in desk.card(name).shown
    desk.nothing_internal_leaked()


def test_a_single_channel_guest(tell: Tell) -> None:
    """Carla may use the command, in the one channel that she is in."""
    story = tell()
    desk, carla = Desk(story, story.acme), story.carla
    name = story.open_case(person=carla)
    assert "today at 9:00 PM" in receipt(carla, name).shown_to(carla)
    assert name in carla.command("/case", "list", story.acme).text
    desk.play(name, carla)
    assert name not in carla.command("/case", "list", story.acme).text
    assert "Status\nResolved" in carla.command("/case", name, story.acme).text


def test_a_partner_says_for_whom(tell: Tell) -> None:
    story = tell()
    desk, paula = partner_channel(story)
    form = desk.press_open(paula)
    assert form.inputs[0].label == FOR_WHOM
    assert not form.inputs[0].optional
    story.fill(form, SEVERE)
    assert list(form.submit().errors) == [FOR_WHOM], "Slack itself asks for it"
    form.fill({FOR_WHOM: "   "})
    assert list(form.submit().errors) == [FOR_WHOM], "and so do we"
    name = desk.submit(form, SEVERE, **{FOR_WHOM: " Globex <& Sons> "})
    assert "On behalf of\nGlobex <& Sons>" in desk.card(name).shown
    assert story.team_card(name).shown.startswith(
        f"{name} · Business severely impacted · Initech for Globex <& Sons>"
    )
    with story.desk.bot.store.reading() as tx:
        case = tx.cases.get(1001)
    assert (case.account, case.on_behalf_of) == ("Initech", "Globex <& Sons>")
    desk.play(name, paula)


def test_what_a_partner_has_typed_survives_the_questions_that_change(tell: Tell) -> None:
    story = tell()
    desk, paula = partner_channel(story)
    form = desk.press_open(paula)
    form.fill({FOR_WHOM: "Globex", "Is it an error or a question?": "Error"})
    form.fill({"Is it an error or a question?": "Question"})
    assert form.input(FOR_WHOM).answer == "Globex"


def test_a_partner_who_names_another_customer_when_sending_again_is_heard(tell: Tell) -> None:
    """Slack loses our answer; Paula corrects the name before she presses Submit again."""
    story = tell()
    desk, paula = partner_channel(story)
    form = desk.press_open(paula)
    story.fill(form, SEVERE, {FOR_WHOM: "Globex", **ERROR_ANSWERS})
    story.workspace.loses_answers = True
    assert form.submit().problem
    story.workspace.loses_answers = False
    story.desk.rest()
    form.fill({FOR_WHOM: "Hooli"})
    assert form.submit().ok
    story.desk.advance(seconds=5)
    assert any("Hooli" in news for news in story.news()), [m.shown for m in story.team.messages]


def test_our_own_people_may_say_for_whom(tell: Tell) -> None:
    story = tell()
    desk, paula = partner_channel(story, "Our own people")
    form = desk.press_open(paula)
    assert form.input(FOR_WHOM).optional
    name = desk.submit(form, SEVERE)
    assert "On behalf of" not in desk.card(name).shown
    assert " · Initech\n" in story.team_card(name).shown


def test_a_team_member_on_a_customers_behalf_in_the_customers_channel(tell: Tell) -> None:
    """Acme called Dora. The case is Acme's, and Dora's own words answer nothing."""
    story = tell()
    desk = Desk(story, story.acme)
    name = story.open_case(person=story.dora)
    assert " · acme\n" in story.team_card(name).shown
    assert "Opened by\n@Dora" in desk.card(name).shown
    receipt(story.dora, name)
    desk.write(story.dora, name, "Carla, I have opened this for you.")
    assert "Waiting for our first response" in desk.card(name).shown
    desk.play(name, story.carla)


def test_a_team_member_on_a_customers_behalf_in_the_teams_channel(tell: Tell) -> None:
    """The form asks for whom; the case lives where it was asked for, among the team."""
    story = tell()
    form = story.open_form(story.dora, story.team)
    story.fill(form, SEVERE, {FOR_WHOM: "Hooli", **ERROR_ANSWERS})
    assert form.submit().ok
    story.desk.advance(seconds=3)
    assert "Hooli" in story.team_card("CASE-1001").shown
    card = one(m for m in story.team.messages if m.text.startswith("CASE-1001: "))
    assert "On behalf of\nHooli" in card.shown
    story.ana.post(story.team, "I called them back.", card)
    story.desk.advance(seconds=3)
    assert "Answered" in story.team_card("CASE-1001").shown
    assert not [m for m in story.acme.messages if "Hooli" in m.shown]


def test_a_person_without_a_display_name(tell: Tell) -> None:
    """Nor any other name; and the one who answers them has only a real one."""
    story = tell()
    nobody = story.workspace.add_person("", guest=True, display_name="")
    grace = story.workspace.add_person("Grace", display_name="")
    story.acme.members += [nobody, grace]
    story.team.invite(grace)
    story.desk.rest()
    desk = Desk(story, story.acme)
    name = desk.submit(desk.press_open(nobody), SEVERE)
    assert "None" not in desk.card(name).shown + story.team_card(name).shown
    desk.in_form(grace, story.team_card(name), "Reply", REPLY, "Hello!")
    assert desk.card(name).thread[-1].username == "Grace (Logik.io)"
    desk.play(name, nobody)


def test_a_whole_case_on_postgresql(tell: Tell, postgres_url: str) -> None:
    story = tell(database_url=postgres_url)
    desk, paula = partner_channel(story)
    form = desk.press_open(paula)
    name = desk.submit(form, SEVERE, **{FOR_WHOM: "Globex"})
    words = paula.upload(desk.channel, "a.csv", text="Since Monday.", thread=desk.card(name))
    story.desk.advance(seconds=3)
    paula.edit(words, "Since Sunday.")
    secret = paula.post(desk.channel, "hunter2", desk.card(name))
    story.desk.advance(seconds=3)
    paula.delete(secret)
    story.desk.advance(seconds=3)
    assert [m.shown for m in story.team_card(name).thread] == [
        "@Paula wrote (edited):\nSince Sunday.\n📎 a.csv (1 kB)",
        "@Paula deleted their message.",
    ]
    desk.play(name, paula)
    story.desk.stop_bot()
    desk.channel.members.append(story.carla)
    story.carla.post(desk.channel, "Thank you all.", desk.card(name))
    story.workspace.settle()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert story.team_card(name).thread[-1].shown == "@Carla wrote:\nThank you all."


def test_two_cases_of_two_customers_meet_nowhere(tell: Tell) -> None:
    story = tell()
    desk, paula = partner_channel(story)
    theirs = desk.submit(desk.press_open(paula), SEVERE, **{FOR_WHOM: "Globex"})
    ours = story.open_case()
    desk.write(paula, theirs, "A secret of Globex.")
    desk.in_form(story.ana, story.team_card(theirs), "Reply", REPLY, "We keep it, Globex.")
    for room in (story.acme, story.carla.dm, story.emil.dm):
        assert not [m for m in room.messages if "Globex" in m.shown or theirs in m.shown]
    assert "find no" in story.carla.command("/case", theirs, story.acme).text
    assert ours in story.carla.command("/case", "list", story.acme).text
