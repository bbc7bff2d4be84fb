"""The use cases, put together over a database and a Slack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.clock import Clock
from bot.domain.timers import TimerKind
from bot.policy import Policy
from bot.services.alarms import Alarms
from bot.services.announcements import Announcements
from bot.services.auditor import Auditor
from bot.services.before_work import BeforeWork
from bot.services.cards import Cards
from bot.services.channels import Channels
from bot.services.conversation import Conversation
from bot.services.covers import Covers
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.handling import Handling
from bot.services.handoff_wording import HandoffWording
from bot.services.handoffs import Handoffs
from bot.services.history import History
from bot.services.housekeeping import Housekeeping
from bot.services.install_ends import InstallEnds
from bot.services.install_reports import InstallReports
from bot.services.installed import Installed
from bot.services.installing import Installing
from bot.services.intake import Intake
from bot.services.invitations import Invitations
from bot.services.maintenance import Maintenance
from bot.services.maintenance_wording import MaintenanceWording
from bot.services.membership import Membership
from bot.services.oncall import OnCall
from bot.services.oncall_queries import OnCallQueries
from bot.services.oncall_wording import OnCallWording
from bot.services.outgoing import Outgoing
from bot.services.paging import Paging
from bot.services.ports import AckLinks, Routes, SlackGateway, SlackInstall, Store, Vault
from bot.services.queries import Queries
from bot.services.reached import ReachedCheck
from bot.services.readiness import Readiness
from bot.services.requests import Requests
from bot.services.response import ResponseClock
from bot.services.route_calls import RouteCalls
from bot.services.routing import Routing
from bot.services.severities import Severities
from bot.services.shifts import Shifts
from bot.services.swaps import Swaps
from bot.services.threads import Threads
from bot.services.window_editing import WindowEditing
from bot.services.window_queries import WindowQueries
from bot.services.wording import Wording


@dataclass(frozen=True)
class Services:
    """The use cases, ready to be called."""

    desk: Desk
    intake: Intake
    handling: Handling
    alarms: Alarms
    response_clock: ResponseClock
    cards: Cards
    paging: Paging
    conversation: Conversation
    invitations: Invitations
    channels: Channels
    directory: Directory
    membership: Membership
    queries: Queries
    on_call: OnCall
    on_call_queries: OnCallQueries
    shifts: Shifts
    requests: Requests
    covers: Covers
    swaps: Swaps
    readiness: Readiness
    history: History
    maintenance: Maintenance
    announcements: Announcements
    reached: ReachedCheck
    window_queries: WindowQueries
    window_editing: WindowEditing
    before_work: BeforeWork
    housekeeping: Housekeeping
    handoffs: Handoffs
    outgoing: Outgoing
    routing: Routing
    auditor: Auditor
    installed: Installed
    install_ends: InstallEnds
    install_reports: InstallReports
    installing: Installing | None


def make_services(
    policy: Policy,
    store: Store,
    clock: Clock,
    gateway: SlackGateway,
    team_channel: str,
    routes: Routes,
    links: AckLinks | None = None,
    calendar_url: str | None = None,
    public_url: str | None = None,
    oauth: SlackInstall | None = None,
    vault: Vault | None = None,
) -> Services:
    """The use cases over a database, a Slack, and the other ways to ring.

    With Slack's OAuth, a vault and an address, customers can install Casebell.
    """
    desk = Desk(policy, store, clock, team_channel, calendar_url)
    directory = Directory(desk, gateway)
    threads = Threads(desk)
    route_calls = RouteCalls(desk)
    handoffs = Handoffs(desk)
    shifts = Shifts(desk, handoffs)
    requests = Requests(desk, shifts, directory)
    readiness = Readiness(desk, gateway, directory)
    paging = Paging(desk, route_calls, shifts)
    cards = Cards(desk, paging)
    channels = Channels(desk, gateway, cards)
    response = ResponseClock(desk, cards, paging)
    severities = Severities(desk, cards, paging, response)
    handling = Handling(desk, cards, paging, response, severities, directory)
    maintenance = Maintenance(desk)
    announcements = Announcements(desk)
    history = History(desk, gateway)
    handoff_wording = HandoffWording(desk, gateway, directory, handoffs, history)
    on_call_wording = OnCallWording(desk, readiness, handoff_wording)
    about_windows = MaintenanceWording(desk)
    before_work = BeforeWork(desk, gateway)
    installed = Installed(desk, oauth, vault)
    install_reports = InstallReports(desk, installed)
    installing = None
    if oauth is not None and vault is not None and public_url is not None:
        installing = Installing(
            desk, gateway, channels, installed, install_reports, oauth, vault, public_url
        )
    wording = Wording(
        desk,
        gateway,
        directory,
        channels,
        paging,
        about_windows,
        on_call_wording,
        before_work,
        installed,
        install_reports,
    )
    on_call_queries = OnCallQueries(desk, readiness)
    window_queries = WindowQueries(desk, gateway, directory, maintenance)
    return Services(
        desk=desk,
        intake=Intake(desk, directory, channels, cards, response, severities, paging),
        handling=handling,
        alarms=Alarms(desk, directory, cards, paging, severities),
        response_clock=response,
        cards=cards,
        paging=paging,
        conversation=Conversation(desk, gateway, directory, threads, cards, response),
        invitations=Invitations(desk, directory, threads, installed),
        channels=channels,
        directory=directory,
        membership=Membership(desk, channels, directory, handling),
        queries=Queries(desk, gateway, directory, channels, on_call_queries, window_queries),
        on_call=OnCall(desk, gateway, shifts, on_call_queries),
        on_call_queries=on_call_queries,
        shifts=shifts,
        requests=requests,
        covers=Covers(desk, shifts, requests, directory),
        swaps=Swaps(desk, shifts, requests, directory),
        readiness=readiness,
        history=history,
        maintenance=maintenance,
        announcements=announcements,
        reached=ReachedCheck(desk),
        housekeeping=Housekeeping(desk, maintenance, cards, handoffs),
        handoffs=handoffs,
        outgoing=Outgoing(desk, directory, cards, response, paging, wording, shifts, announcements),
        window_queries=window_queries,
        window_editing=WindowEditing(desk, maintenance, announcements),
        before_work=before_work,
        routing=Routing(desk, gateway, directory, paging, routes, links),
        auditor=Auditor(desk, gateway, response, paging, maintenance, shifts),
        installed=installed,
        install_ends=InstallEnds(desk, gateway, installed, install_reports),
        install_reports=install_reports,
        installing=installing,
    )


def make_deciders(services: Services) -> Mapping[TimerKind, Any]:
    """Who decides each kind of timer."""
    return {
        TimerKind.SUBMISSION: services.intake.recover,
        TimerKind.RESPONSE: services.response_clock.fell_due,
        TimerKind.BEFORE_WORK: services.before_work.fell_due,
        TimerKind.PAGE: services.paging.fell_due,
        TimerKind.LOOKUP: services.paging.look_up,
        TimerKind.SILENCE: services.paging.route_calls.slack_is_silent,
        TimerKind.REQUEST: services.requests.fell_due,
        TimerKind.READINESS: services.readiness.fell_due,
        TimerKind.HANDOFF: services.handoffs.fell_due,
        TimerKind.HANDOFF_CHECK: services.handoffs.check,
        TimerKind.CARD: services.cards.office_changed,
        TimerKind.REDRAW: services.cards.redraw_all,
        TimerKind.MAINTENANCE: services.maintenance.fell_due,
        TimerKind.UNREACHED: services.reached.fell_due,
        TimerKind.HOUSEKEEPING: services.housekeeping.fell_due,
        TimerKind.PURGE: services.housekeeping.purge,
    }
