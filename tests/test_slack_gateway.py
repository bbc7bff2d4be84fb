"""What the gateway does with threads, files and channels, at the local workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.conversation import File
from bot.domain.outbox import Posted
from bot.errors import SlackError
from bot.messages import kit
from bot.sandbox import Channel, Message, Person, Refused, Workspace
from bot.slack_gateway import WebSlackGateway

SCOPES = (
    "channels:history", "channels:read", "chat:write", "chat:write.customize", "files:read",
    "groups:read", "pins:write", "users:read",
)  # fmt: skip
MANIFEST = {
    "display_information": {"name": "Casebell"},
    "features": {"bot_user": {"display_name": "casebell"}},
    "oauth_config": {"scopes": {"bot": list(SCOPES)}},
    "settings": {},
}
BEGINNING = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
CARD = kit.message("CASE-1001", kit.section("CASE-1001"))


@dataclass
class Office:
    """Ana of the vendor and Carla of Acme in a channel with Casebell; `now` is Slack's time."""

    now: datetime = BEGINNING

    def open(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.gateway = WebSlackGateway(workspace.bot_token, workspace.api_url)
        acme = workspace.add_team("Acme")
        self.ana: Person = workspace.add_person("Ana")
        self.carla: Person = workspace.add_person("Carla", team=acme)
        self.members = [self.ana, self.carla, workspace.bot]
        self.channel: Channel = workspace.add_channel(
            "acme", members=self.members, shared_with=[acme]
        )

    def post(self, card: kit.Message = CARD) -> tuple[Posted, Message]:
        """A message of Casebell's in the channel: where, and what it is there."""
        posted = self.gateway.post(self.channel.id, card, thread_ts=None, metadata_key="k")
        message = self.channel.message(posted.ts)
        assert message is not None
        return posted, message


@pytest.fixture
def office() -> Iterator[Office]:
    found = Office()
    with Workspace(MANIFEST, clock=lambda: found.now) as workspace:
        found.open(workspace)
        yield found


def texts(office: Office, thread: Posted, since: datetime = BEGINNING) -> list[str]:
    return [said.text for said in office.gateway.replies(thread, since=since)]


def test_replies_are_what_people_wrote_under_the_card(office: Office) -> None:
    thread, card = office.post()
    office.now += timedelta(minutes=1)
    reply = office.carla.upload(office.channel, "log.txt", text="It is <down>", thread=card)
    [said] = office.gateway.replies(thread, since=BEGINNING)
    assert (said.channel_id, said.thread_ts, said.ts) == (thread.channel_id, thread.ts, reply.ts)
    assert (said.author.team_id, said.author.user_id) == (office.carla.team.id, office.carla.id)
    assert (said.text, said.at, said.edited_ts) == ("It is &lt;down&gt;", office.now, None)
    assert [file.id for file in said.files] == [reply.files[0].id]


def test_a_reply_that_was_edited_says_when(office: Office) -> None:
    thread, card = office.post()
    reply = office.carla.post(office.channel, "It is down", card)
    office.now += timedelta(minutes=1)
    office.carla.edit(reply, "It is slow")
    [said] = office.gateway.replies(thread, since=BEGINNING)
    assert said.text == "It is slow"
    assert said.edited_ts is not None
    assert said.edited_ts > said.ts


def test_replies_are_of_people_alone(office: Office) -> None:
    """Bots of either shape, and Casebell in its own name or in somebody's, are left out."""
    thread, card = office.post()
    for name, classic in (("helper", False), ("webhook", True)):
        bot = office.workspace.add_bot(name, classic=classic)
        office.channel.members.append(bot)
        bot.post(office.channel, "I am a bot", card)
    for author in (None, "Ana"):
        ours = kit.Message("We look into it", [], author=author)
        office.gateway.post(office.channel.id, ours, thread_ts=thread.ts, metadata_key="r")
    office.carla.post(office.channel, "Thank you", card)
    assert texts(office, thread) == ["Thank you"]


def test_replies_are_read_to_the_last_page_oldest_first(office: Office) -> None:
    thread, card = office.post()
    wanted = [str(n) for n in range(250)]
    for text in wanted:
        office.carla.post(office.channel, text, card)
    assert texts(office, thread) == wanted


def test_only_replies_since_then_are_read(office: Office) -> None:
    thread, card = office.post()
    for text in ("early", "late"):
        office.now += timedelta(minutes=1)
        office.carla.post(office.channel, text, card)
    assert texts(office, thread, since=office.now - timedelta(seconds=1)) == ["late"]


def test_a_file_is_known_in_full_once_slack_is_asked(office: Office) -> None:
    message = office.carla.upload(office.channel, "log.txt", size=7)
    found = office.gateway.file(message.files[0].id)
    assert found.url is not None
    assert found == File(message.files[0].id, "log.txt", 7, found.url)


def test_a_file_that_nobody_has_is_an_error(office: Office) -> None:
    with pytest.raises(SlackError, match="file_not_found"):
        office.gateway.file("F404")


def test_a_message_is_pinned_and_stays_so(office: Office) -> None:
    posted, card = office.post()
    for _ in range(2):
        office.gateway.pin(posted)
    assert office.channel.pins == [card]


def test_a_pin_that_slack_refuses_is_an_error(office: Office) -> None:
    posted, _ = office.post()
    office.workspace.faults.add("pins.add", Refused("too_many_pins"))
    with pytest.raises(SlackError, match="too_many_pins"):
        office.gateway.pin(posted)


@pytest.mark.parametrize(
    ("author", "shown"), [("Ana (Support)", "Ana (Support)"), (None, None)], ids=["hers", "ours"]
)
def test_a_message_is_shown_in_the_name_of_its_author(
    office: Office, author: str | None, shown: str | None
) -> None:
    _, message = office.post(kit.Message("On it", [], author=author))
    assert message.username == shown


def test_the_channels_of_a_person_are_those_that_casebell_may_know_of(office: Office) -> None:
    """Archived ones too: whoever is in one may still read its cases."""
    both = office.workspace.add_channel("both", members=office.members[::2], private=True)
    office.workspace.add_channel("hers", members=[office.ana], private=True)
    office.workspace.add_channel("not-hers", members=[office.workspace.bot])
    gone = office.workspace.add_channel("gone", members=office.members[::2])
    gone.archive()
    assert office.gateway.channels_of(office.ana.id) == {office.channel.id, both.id, gone.id}


def test_casebells_own_channels_are_those_where_it_can_post(office: Office) -> None:
    gone = office.workspace.add_channel("gone", members=office.members[::2])
    office.workspace.add_channel("not-its", members=[office.ana])
    found = office.gateway.my_channels()
    assert {channel.channel_id for channel in found} == {office.channel.id, gone.id}
    assert all(channel.is_member for channel in found)
    gone.archive()
    assert [channel.channel_id for channel in office.gateway.my_channels()] == [office.channel.id]


def test_nobody_takes_part_in_an_archived_channel(office: Office) -> None:
    assert office.gateway.channel(office.channel.id).is_member
    office.channel.archive()
    assert not office.gateway.channel(office.channel.id).is_member
    office.channel.unarchive()
    assert office.gateway.channel(office.channel.id).is_member


def test_somebody_who_shares_no_channel_is_a_stranger(office: Office) -> None:
    assert not office.gateway.member(office.carla.id).is_stranger
    office.channel.kick(office.carla)
    assert office.gateway.member(office.carla.id).is_stranger
