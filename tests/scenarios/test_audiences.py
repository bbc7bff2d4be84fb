"""Nothing internal leaks, and no customer reads another's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from story import ERROR_ANSWERS, Story, one

from bot.domain.outbox import AUDIENCES, MessageKind, Sending
from bot.errors import NotReadyError
from bot.sandbox import Channel, Message, Person
from bot.services.outgoing import MOST_TRIES_UNREAD

Tell = Callable[..., Story]
SEVERE = "Business severely impacted"
STOPPED = "Business Stopped"

TO_ITS_CUSTOMER = {
    MessageKind.CASE_CARD,
    MessageKind.RECEIPT,
    MessageKind.NOT_POSTED,
    MessageKind.REPLY,
    MessageKind.STATUS_NEWS,
}
TO_EVERYBODY = {
    MessageKind.RESUME,
    MessageKind.WELCOME,
    MessageKind.INVITATION,
    MessageKind.MAINTENANCE,
}
# Whatever is in neither of them is internal, a kind that is new today included.
PLACES = {
    "the case's channel": (TO_ITS_CUSTOMER | TO_EVERYBODY),
    "its reporter's DM": (TO_ITS_CUSTOMER | TO_EVERYBODY),
    "TEAM_CHANNEL": set(MessageKind) - TO_ITS_CUSTOMER,
    "TEAM_CHANNEL once shared": TO_EVERYBODY,
    "a teammate's DM": set(MessageKind) - TO_ITS_CUSTOMER,
    "a colleague of the customer's": TO_EVERYBODY,
    "the DM of a guest in TEAM_CHANNEL": TO_EVERYBODY,
    "the DM of who has left the team": TO_EVERYBODY,
    "another customer's channel": TO_EVERYBODY,
    "another customer's DM": TO_EVERYBODY,
    "a channel that nobody knows": TO_EVERYBODY,
}


class Places:
    """A case of Carla's in #acme, and every place to which a message could be sent by mistake."""

    def __init__(self, story: Story) -> None:
        self.story, ws = story, story.workspace
        self.gus, self.guest = (ws.add_person(name, guest=True) for name in ("Gus", "Gita"))
        self.globex = ws.add_channel("globex", members=[ws.bot, self.gus])
        story.team.invite(self.guest)
        story.desk.rest()
        story.open_case(SEVERE)
        story.open_case(SEVERE, person=self.gus, channel=self.globex)
        story.team.kick(story.mia)
        story.desk.rest()
        self.number = 1001

    def sending(self, kind: MessageKind, place: str) -> Sending:
        channel: str | None = None
        user: str | None = None
        match place:
            case "the case's channel":
                channel = self.story.acme.id
            case "its reporter's DM":
                user = self.story.carla.id
            case "TEAM_CHANNEL" | "TEAM_CHANNEL once shared":
                channel = self.story.team.id
            case "a teammate's DM":
                user = self.story.ben.id
            case "a colleague of the customer's":
                user = self.story.emil.id
            case "the DM of a guest in TEAM_CHANNEL":
                user = self.guest.id
            case "the DM of who has left the team":
                user = self.story.mia.id
            case "another customer's channel":
                channel = self.globex.id
            case "another customer's DM":
                user = self.gus.id
            case _:
                channel = "C0NOWHERE"
        return Sending(
            id=1,
            kind=kind,
            subject=f"case:{self.number}",
            facts={"case": self.number},
            channel_id=channel,
            user_id=user,
            edits=None,
            thread_of=None,
            original=None,
            thread_ts=None,
            metadata_key="key",
            created_at=self.story.desk.clock.now(),
            attempts=1,
            in_doubt=False,
        )

    def refused(self, kind: MessageKind, place: str) -> str | None:
        return self.story.desk.bot.services.outgoing.refused(self.sending(kind, place))


def _places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("audiences")
    story = Story(f"sqlite:///{folder}/casebell.db", "2026-11-23 10:00").start()
    yield Places(story)
    story.stop()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    yield from _places(tmp_path_factory)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """The same, after TEAM_CHANNEL was shared with another organisation."""
    for found in _places(tmp_path_factory):
        ws = found.story.workspace
        found.story.team.share_with_team(ws.add_team("Elsewhere"))
        found.story.desk.rest()
        yield found


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_of_message_has_an_audience(kind: MessageKind) -> None:
    assert kind in AUDIENCES


@pytest.mark.parametrize("kind", MessageKind)
def test_a_message_goes_where_its_audience_is_and_nowhere_else(
    places: Places, shared: Places, kind: MessageKind
) -> None:
    goes = {
        place
        for place in PLACES
        if (shared if place.endswith("once shared") else places).refused(kind, place) is None
    }
    assert goes == {place for place, kinds in PLACES.items() if kind in kinds}


@pytest.mark.parametrize("kind", sorted(TO_ITS_CUSTOMER))
def test_what_is_about_no_case_is_for_no_customer(places: Places, kind: MessageKind) -> None:
    sending = places.sending(kind, "the case's channel")
    assert places.story.desk.bot.services.outgoing.refused(replace(sending, facts={}))


@pytest.mark.parametrize("kind", sorted(set(MessageKind) - TO_EVERYBODY - TO_ITS_CUSTOMER))
def test_while_slack_has_not_said_whether_the_teams_channel_is_shared_internal_words_wait(
    places: Places, kind: MessageKind
) -> None:
    """As on the very first start; later they count as lost, and on-call is told."""
    story = places.story
    outgoing = replace(
        story.desk.bot.services.outgoing,
        desk=replace(story.desk.bot.services.desk, team_channel="C0UNKNOWN"),
    )
    sending = replace(places.sending(kind, "TEAM_CHANNEL"), channel_id="C0UNKNOWN")
    with pytest.raises(NotReadyError):
        outgoing.refused(sending)
    assert outgoing.refused(replace(sending, attempts=MOST_TRIES_UNREAD + 1))


def words_of(message: Message) -> str:
    """All that goes over the wire to those who see a message: what it shows, and said before."""
    versions = [{"text": v.text, "blocks": list(v.blocks)} for v in message.edits]
    return json.dumps([message.text, message.blocks, message.metadata, versions], default=str)


def seen_by(story: Story, person: Person, *channels: Channel) -> str:
    """Everything that Casebell ever sent to where somebody reads."""
    messages = [m for room in (*channels, person.dm) for m in room.messages if m.author.bot_id]
    found = [words_of(message) for message in (*messages, *person.ephemerals)]
    published = [c for c in story.workspace.calls if c.method == "views.publish"]
    homes = [c.args["view"] for c in published if c.args["user_id"] == person.id]
    return "\n".join([*found, json.dumps(homes, default=str)])


def use(person: Person, label: str, words: str) -> None:
    assert person.modal is not None
    person.modal.fill({label: words})
    assert person.modal.submit().ok


def a_rich_life(story: Story, name: str) -> None:
    """A night and a morning of a stopped case; INTERNAL is what the team says to itself."""
    team_card, card = story.team_card(name), story.card(name)
    story.dora.post(story.team, "INTERNAL-early gossip", team_card)
    story.now_is("2026-11-21 03:45")  # rung three levels, warned twice
    page = story.pages(story.ben)[-1]
    story.ben.click(page, "Acknowledge")
    story.ben.post(story.team, "INTERNAL-ben thinks it is their network", team_card)
    story.now_is("2026-11-21 04:10")  # the breach
    story.ben.click(team_card, "Take")
    story.desk.advance(seconds=3)
    story.ben.choose(team_card, "case_more", "Assign to…")
    use(story.ben, "Who takes care of it?", story.dora.id)
    story.desk.advance(seconds=3)
    story.dora.click(team_card, "Reply")
    use(story.dora, "Your reply", "PUBLIC-reply we are on it")
    story.desk.advance(seconds=3)
    story.carla.post(story.acme, "ACME-words thank you", card)
    story.carla.upload(story.acme, "ACME-file.har", text="ACME-upload", thread=card)
    story.desk.advance(seconds=3)
    story.dora.choose(team_card, "case_more", "Change severity…")
    assert story.dora.modal is not None
    story.dora.modal.fill({"Severity": SEVERE})
    use(story.dora, "Why?", "PUBLIC-reason it responds again")
    story.desk.advance(seconds=3)
    story.dora.post(story.team, "INTERNAL-dora blames the cache", team_card)
    story.dora.click(team_card, "Resolve")
    use(story.dora, "What was it, and what has been done?", "PUBLIC-note the cache")
    story.desk.advance(seconds=3)
    story.carla.post(story.acme, "ACME-again it is back", card)
    story.desk.advance(seconds=3)
    story.carla.click(card, "It is now Business Stopped")
    use(story.carla, "What has changed?", "ACME-alarm nothing works")
    story.desk.advance(seconds=3)
    story.dora.post(story.team, "INTERNAL-dora goes to bed", team_card)
    story.now_is("2026-11-21 07:00")  # every level rings, and the team is called
    story.desk.advance(seconds=5)


@pytest.fixture
def night(tell: Tell) -> tuple[Story, Person, Channel, str]:
    """Carla's case in #acme has a rich life, while Gus has one in #globex."""
    story = tell("2026-11-21 02:00")
    ws = story.workspace
    gus = ws.add_person("Gus", guest=True)
    globex = ws.add_channel("globex", members=[ws.bot, gus], private=True)
    answers = {**ERROR_ANSWERS, "Summary": "GLOBEX-summary", "Click-path": "GLOBEX-path"}
    other = story.open_case(SEVERE, answers=answers, person=gus, channel=globex)
    gus.post(globex, "GLOBEX-words", story.card(other, globex))
    answers = {**ERROR_ANSWERS, "Summary": "ACME-summary", "Steps to reproduce": "ACME " * 500}
    form = story.open_form()
    story.fill(form, STOPPED, answers)
    assert form.submit().ok
    assert story.carla.modal is not None
    name = story.carla.modal.title
    story.carla.modal.close()
    story.desk.advance(seconds=5)
    return story, gus, globex, name


def test_no_customer_reads_an_internal_word_or_another_customers(
    night: tuple[Story, Person, Channel, str],
) -> None:
    story, gus, globex, name = night
    a_rich_life(story, name)
    for person, place in ((story.carla, story.acme), (story.emil, None), (gus, globex)):
        person.open_home()
        if place is not None:
            for words in (name, f"why {name}", "list", "list 2"):
                assert person.command("/case", words, place).ok
                assert person.command("/case", words).ok
        story.desk.rest()
    for person, place, others in (
        (story.carla, story.acme, "GLOBEX"),
        (story.emil, story.acme, "GLOBEX"),
        (gus, globex, "ACME"),
    ):
        seen = seen_by(story, person, place)
        assert "Your open cases" in seen, "the Home tab is looked at too"
        for word in ("INTERNAL", others, story.team.id, "Target", "page_acknowledge", "Nobody yet",
                     "Application area", "Ring the next", "acknowledged", "blames"):  # fmt: skip
            assert word not in seen, (person.name, word)
        for sleeper in (story.ana, story.mia):
            assert sleeper.id not in seen, "who was rung and did nothing is nobody's business"
    assert "PUBLIC-reply" in seen_by(story, story.carla, story.acme)
    assert "PUBLIC-note" in seen_by(story, story.emil, story.acme)
    assert "PUBLIC" not in seen_by(story, gus, globex)
    everything = "\n".join(message.shown for message in story.team.messages)
    for word in ("ACME-words", "ACME-file.har", "ACME-again", "ACME-alarm", "GLOBEX-words"):
        assert word in everything, "the team reads all of it"


def test_who_acknowledged_is_not_told_to_the_customer(
    night: tuple[Story, Person, Channel, str],
) -> None:
    story, _, _, name = night
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.desk.advance(seconds=5)
    for person in (story.carla, story.emil):
        seen = seen_by(story, person, story.acme)
        for teammate in (story.ana, story.ben, story.mia, story.dora):
            assert teammate.id not in seen
    story.ana.click(story.team_card(name), "Take")
    story.desk.advance(seconds=5)
    assert "@Ana" in story.card(name).shown, "but whose case it is, they know"


def test_pages_ring_nobody_who_is_no_longer_of_the_team(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.team.kick(story.ben)
    story.desk.rest()
    story.now_is("2026-11-21 02:19")
    assert "Ben" not in story.rung()
    assert story.rung()[:2] == ["Ana", "Ana"]
    assert "Mia" in story.rung()
    told = [words for words in story.news() if "did not reach @Ben" in words]
    assert len(told) == 1


def test_what_the_team_writes_in_its_thread_is_posted_nowhere(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    before = len(story.acme.messages), len(story.carla.dms)
    card = story.team_card(name)
    said = story.dora.post(story.team, "INTERNAL ask sales first", card)
    story.dora.upload(story.team, "INTERNAL.log", text="INTERNAL", thread=card)
    story.dora.edit(said, "INTERNAL ask sales, then legal")
    story.dora.delete(said)
    story.desk.advance(minutes=5)
    assert (len(story.acme.messages), len(story.carla.dms)) == before
    with story.desk.bot.store.reading() as tx:
        assert not any("INTERNAL" in str(e.facts) for e in tx.cases.timeline(1001))


def test_once_the_teams_channel_is_shared_internal_words_stop_and_on_call_hears_of_it(
    tell: Tell,
) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    before = len(story.team.messages)
    story.team.share_with_team(story.workspace.add_team("Elsewhere"))
    story.desk.rest()
    story.carla.post(story.acme, "ACME-secret", story.card(name))
    story.desk.advance(seconds=5)
    story.now_is("2026-11-23 14:00:05")
    assert len(story.team.messages) == before
    assert not any("ACME-secret" in words_of(message) for message in story.team.messages)
    lost = [m for m in story.ana.dms if "could not tell the team's channel" in m.shown]
    assert lost
    assert name in lost[-1].shown
    assert not any("could not tell" in m.shown for m in story.carla.dms)


def test_a_reply_meant_for_one_customer_finds_no_way_to_another(tell: Tell) -> None:
    """The channel of the case is called by another name: what was for it follows."""
    story = tell("2026-11-23 10:00")
    ws = story.workspace
    gus = ws.add_person("Gus", guest=True)
    globex = ws.add_channel("globex", members=[ws.bot, gus])
    name = story.open_case(SEVERE)
    ws.hold_events()
    story.acme.change_id()
    story.dora.click(story.team_card(name), "Reply")
    use(story.dora, "Your reply", "PUBLIC-reply")
    ws.release_events()
    story.desk.advance(minutes=2)
    places = [story.acme, story.carla.dm]
    replies = [m for place in places for m in place.messages if "PUBLIC-reply" in m.shown]
    assert len(replies) == 1
    one(replies)
    assert not any("PUBLIC-reply" in m.shown for m in (*globex.messages, *gus.dms))
