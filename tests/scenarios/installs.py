"""A desk whose customers may install Casebell in their own workspaces, and their browsers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.fernet import Fernet
from door import Door
from processes import free_port
from story import one

from bot.domain.installation import Installation
from bot.domain.records import ChannelKind
from bot.sandbox import Channel, Message, Person, Reply, Team
from bot.sandbox.web_browser import WebPage

KEY = Fernet.generate_key().decode()
CLIENT_ID, CLIENT_SECRET = "1234567890.1234567890", "local-client-secret"
WORKS = "Casebell is installed in "
BAD = "This link does not work."
OPEN = "Open a case"
GONE = "Casebell is no longer installed in your workspace"
PAUSED = "Casebell cannot answer commands in your workspace at the moment"


class Customers(Door):
    """Emil is of Acme, where he may install apps. Gus is of Globex, which has #globex with us."""

    def __init__(self, database_url: str, at: str = "2026-11-23 10:00", **options: Any) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        settings = {
            "port": port,
            "public_url": self.url,
            "casebell_client_id": CLIENT_ID,
            "casebell_client_secret": CLIENT_SECRET,
            "encryption_key": KEY,
        }
        settings |= options.pop("settings", {})
        super().__init__(database_url, at, settings=settings, **options)
        ws = self.workspace
        self.globex_team = ws.add_team("Globex")
        self.gus: Person = ws.add_person("Gus", team=self.globex_team, tz="Europe/Berlin")
        self.globex: Channel = ws.add_channel(
            "globex", members=[ws.bot, self.gus, self.ana], shared_with=[self.globex_team]
        )

    def invite(self, channel: Channel | None = None, person: Person | None = None) -> str:
        """The link that somebody of the team gets for a channel."""
        reply = (person or self.ana).command("/case", "invite", channel or self.acme)
        found = re.search(r"http://\S+/slack/install\?account=[\w%=-]+", reply.text)
        assert found, reply.text or reply.problem
        return found[0]

    def describe(self, channel: Channel, account: str) -> None:
        """Say whose a channel is."""
        self.desk.bot.services.channels.describe(channel.id, account, ChannelKind.CUSTOMER)

    def second_channel(self, shared_with: Team | None = None) -> Channel:
        """Another channel of the account acme; shared with Acme, or with another workspace."""
        team = shared_with or self.emil.team
        members = [self.workspace.bot, self.ana, self.emil if team is self.emil.team else self.gus]
        room = self.workspace.add_channel("acme-more", members=members, shared_with=[team])
        self.desk.bot.services.channels.joined(room.id)
        self.describe(room, "acme")
        self.desk.advance(seconds=3)
        return room

    def ask(self, person: Person, link: str | None = None) -> WebPage:
        """Somebody follows a link, and has Slack's page before them."""
        return person.browser.open(link or self.invite())

    def install(self, person: Person | None = None, link: str | None = None) -> WebPage:
        """Somebody follows a link and says yes; the page that they end at."""
        admin = person or self.emil
        page = self.ask(admin, link)
        done = admin.browser.choose(page, "allow") if "/authorize" in page.url else page
        self.desk.advance(seconds=3)
        return done

    def have_installed(self, person: Person | None = None, link: str | None = None) -> None:
        page = self.install(person, link)
        assert page.text.startswith(WORKS), page.text

    def installations(self) -> dict[str, Installation]:
        """What is kept, by the workspace's name."""
        with self.desk.bot.store.reading() as tx:
            found = [
                tx.installations.get(team_id)
                for team_id in (self.emil.team.id, self.gus.team.id, self.workspace.home.id)
            ]
        return {one.name: one for one in found if one is not None}

    def welcome(self, channel: Channel | None = None) -> Message:
        """The pinned message."""
        room = channel or self.acme
        return one(m for m in room.messages if m.text.endswith("open a case here"))

    def case_by(self, reply: Reply, person: Person) -> str:
        """Fill in and submit the form that somebody has got; the case's name."""
        assert reply.ok, reply.problem
        assert reply.text == ""
        form = person.modal
        assert form is not None
        self.fill(form, "Business severely impacted")
        submission = form.submit()
        assert submission.ok, submission
        assert person.modal is not None
        name = person.modal.title
        person.modal.close()
        self.desk.advance(seconds=4)
        return name

    def told_of_installs(self) -> list[str]:
        """What the team heard of customers' workspaces."""
        return [text for text in self.news() if "workspace" in text and "I am in it" not in text]


def state_of(page: WebPage) -> str:
    """The state that Slack was given with somebody."""
    return parse_qs(urlsplit(page.url).query)["state"][0]
