"""Whom one can be in the browser, and the channels they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from bot.sandbox.actor import Person
from bot.sandbox.channel import Channel
from bot.sandbox.playground import Playground

_NIGHT = (time(22), time(7))


@dataclass(frozen=True)
class Role:
    """Somebody to be: what they are here, in a few words."""

    person: Person
    title: str
    about: str
    organisation: str
    """Whose people they are, as one would say it."""


class Cast:
    """Customers, a partner and the team, in the channels in which they meet."""

    def __init__(self, desk: Playground) -> None:
        workspace, vendor = desk.workspace, desk.policy.vendor.name
        acme = workspace.add_team("Acme")
        northwind = workspace.add_team("Northwind")
        self.carla = workspace.add_person("Carla", guest=True, tz="America/New_York")
        self.emil = workspace.add_person("Emil", team=acme, tz="Europe/Berlin")
        self.paula = workspace.add_person("Paula", team=northwind, tz="Europe/London")
        self.dora, self.ana, self.ben = (
            workspace.add_person(name) for name in ("Dora", "Ana", "Ben")
        )
        self.mia = workspace.add_person("Mia", dnd=_NIGHT)
        team = (self.dora, self.ana, self.ben, self.mia)
        desk.team_channel.members += team
        everybody = (workspace.bot, *team)
        self.acme = workspace.add_channel(
            "acme-casebell", members=[*everybody, self.carla, self.emil], shared_with=[acme]
        )
        self.northwind = workspace.add_channel(
            "northwind-partner", members=[*everybody, self.paula], shared_with=[northwind]
        )
        self.roles = (
            Role(self.carla, "Customer, guest", f"of Acme, a guest in {vendor}'s Slack", "Acme"),
            Role(self.emil, "Customer", "of Acme, in Acme's own Slack", "Acme"),
            Role(self.paula, "Partner", "of Northwind, in Northwind's own Slack", "Northwind"),
            Role(self.dora, "Support agent", f"of {vendor}'s team", vendor),
            Role(self.ana, "Engineer", f"of {vendor}'s team", vendor),
            Role(self.ben, "Engineer", f"of {vendor}'s team", vendor),
            Role(self.mia, "Manager", f"of {vendor}'s team", vendor),
        )
        for role in self.roles:
            workspace.direct(role.person)  # which each finds in their list from the start

    @property
    def levels(self) -> dict[str, Person]:
        """Who is on call to begin with."""
        return {"primary": self.ana, "secondary": self.ben, "manager": self.mia}

    @property
    def customers_channels(self) -> tuple[Channel, ...]:
        """Where somebody reads along who is not of the team."""
        return self.acme, self.northwind

    def person(self, user_id: str) -> Person:
        """Whom one asks to be.

        Raises:
            LookupError: nobody has this id.
        """
        for role in self.roles:
            if role.person.id == user_id:
                return role.person
        raise LookupError(f"Nobody here has the id {user_id!r}.")

    def switch_disturbing(self, person: Person, *, quiet_at_night: bool) -> None:
        """Turn somebody's nightly do-not-disturb on or off."""
        with person.state.changed:
            person.dnd = _NIGHT if quiet_at_night else None
            person.state.changed.notify_all()
