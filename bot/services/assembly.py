"""The use cases, put together over a database and a Slack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.clock import Clock
from bot.domain.timers import TimerKind
from bot.policy import Policy
from bot.services.casework import Casework
from bot.services.conversation import Conversation
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.housekeeping import Housekeeping
from bot.services.intake import Intake
from bot.services.maintenance import Maintenance
from bot.services.oncall import OnCall
from bot.services.outgoing import Outgoing
from bot.services.paging import Paging
from bot.services.ports import SlackGateway, Store


@dataclass(frozen=True)
class Services:
    """The use cases, ready to be called."""

    desk: Desk
    intake: Intake
    casework: Casework
    paging: Paging
    conversation: Conversation
    directory: Directory
    on_call: OnCall
    maintenance: Maintenance
    housekeeping: Housekeeping
    outgoing: Outgoing


def make_services(
    policy: Policy, store: Store, clock: Clock, gateway: SlackGateway, team_channel: str
) -> Services:
    """The use cases over a database and a Slack."""
    desk = Desk(policy, store, clock, team_channel)
    paging = Paging(desk)
    casework = Casework(desk, paging)
    directory = Directory(desk, gateway, casework)
    maintenance = Maintenance(desk)
    return Services(
        desk=desk,
        intake=Intake(desk, casework, paging),
        casework=casework,
        paging=paging,
        conversation=Conversation(desk, gateway, directory, casework),
        directory=directory,
        on_call=OnCall(desk, gateway),
        maintenance=maintenance,
        housekeeping=Housekeeping(desk, maintenance),
        outgoing=Outgoing(desk, gateway, casework, paging, maintenance),
    )


def make_deciders(services: Services) -> Mapping[TimerKind, Any]:
    """Who decides each kind of timer."""
    return {
        TimerKind.SUBMISSION: services.intake.recover,
        TimerKind.RESPONSE: services.casework.fell_due,
        TimerKind.PAGE: services.paging.fell_due,
        TimerKind.MAINTENANCE: services.maintenance.fell_due,
        TimerKind.HOUSEKEEPING: services.housekeeping.fell_due,
        TimerKind.PURGE: services.housekeeping.purge,
    }
