"""What an operator does at the command line: serve, migrate, look after on-call, be told."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from threading import Event

from bot import reports
from bot.app import Casebell, ack_links, slack_install, vault
from bot.clock import Clock, SystemClock
from bot.domain.rotation import HandoffTime
from bot.domain.schedule import OverrideKind
from bot.errors import CasebellError, SettingsError, SlackError
from bot.manifest import SCOPES
from bot.messages import readiness
from bot.messages.words import clock_time, counted
from bot.policy import Policy, load_policy
from bot.routes import RouteCaller
from bot.serve import HttpServer, SocketMode, until_stopped
from bot.services.assembly import Services, make_services
from bot.services.oncall import Unheard
from bot.settings import OfflineSettings, Settings, environment
from bot.slack_gateway import WebSlackGateway
from storage.database import Database
from storage.schema import is_current, newest
from storage.store import SqlStore

_log = logging.getLogger(__name__)


def serve(settings: Settings, *, with_web: bool, with_engine: bool) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: the policy is not usable, the database is of the wrong kind or schema, or
            TEAM_CHANNEL is not the team's alone.
    """
    _log_to_stdout(settings.log_level)
    policy = load_policy(settings.policy_file)
    for note in policy.notes:
        _log.info("policy note: %s", note)
    casebell = Casebell(settings, policy, SystemClock(), with_engine=with_engine)
    if casebell.database.is_sqlite and not (with_web and with_engine):
        raise SettingsError(
            "DATABASE_URL is SQLite, which one process has to itself: use `run`, or PostgreSQL."
        )
    _prepare(casebell.database)
    parts: list[HttpServer | SocketMode] = []
    if with_web:
        if settings.slack_app_token is not None:
            parts.append(SocketMode(casebell))
        parts.append(HttpServer(casebell))

    def serve_slack() -> None:
        for part in parts:
            part.start()

    def start() -> None:
        casebell.start(serve_slack)
        _log.info("Casebell is up")

    def stop() -> None:
        for part in parts:
            part.stop()
        casebell.stop()

    until_stopped(start, stop)


def migrate_database(url: str) -> str:
    """Bring the database to the newest schema; which one that is."""
    from storage.migrate import migrate  # noqa: PLC0415 - slow to import, and hardly ever needed

    database = Database(url)
    try:
        migrate(database)
    finally:
        database.dispose()
    return f"The database has the newest schema, {newest()}."


def show_on_call(settings: OfflineSettings, clock: Clock, at: datetime | None = None) -> str:
    """Who is on call now at each level, until when, and who then; or who was, or will be."""
    policy = load_policy(settings.policy_file)
    database = _open(settings.database_url)
    try:
        services = make_services(
            policy, SqlStore(database), clock, _no_slack(), "", _routes("", clock)
        )
        if at is not None:
            staff = services.on_call.staff(at)
            names = services.on_call.names([user for users in staff.values() for user in users])
            return reports.staff_text(policy, at, staff, names)
        lines = services.on_call.show(clock.now())
        shifts = [shift for line in lines for shift in line if shift]
        names = services.on_call.names([user for shift in shifts for user in shift.users])
        return reports.on_call_text(policy, lines, names)
    finally:
        database.dispose()


def set_on_call(
    settings: Settings,
    clock: Clock,
    level: str,
    users: Sequence[str],
    handoff: HandoffTime | None,
    first_day: date | None,
    every_days: int,
) -> str:
    """Set a level's rotation; what was set, and who would not hear a page at night."""
    policy = load_policy(settings.policy_file)
    gateway = _gateway(settings)
    gateway.introduce()
    database = _open(settings.database_url)
    try:
        store = SqlStore(database)
        services = make_services(
            policy, store, clock, gateway, settings.team_channel, _routes("", clock)
        )
        rotation, unheard = services.on_call.set(level, users, handoff, first_day, every_days)
        names = services.on_call.names(users)
    finally:
        database.dispose()
    start = clock_time(rotation.starts_at, policy.hours.zone, with_year=True)
    people = ", then ".join(f"{names.get(user, user)} ({user})" for user in rotation.members)
    turn = f", {reports.turns(rotation)}" if len(rotation.members) > 1 else ""
    lines = [f"{level}: {people}{turn}, from {start} {policy.zone_name}."]
    lines += [_would_not_hear(policy, quiet) for quiet in unheard]
    return "\n".join(lines)


def override_on_call(
    settings: Settings,
    clock: Clock,
    level: str,
    kind: OverrideKind,
    user: str,
    start: datetime,
    end: datetime,
) -> str:
    """Put somebody on call for a while, or take them off; what was laid over the rotation."""
    policy = load_policy(settings.policy_file)
    gateway = _gateway(settings)
    gateway.introduce()
    database = _open(settings.database_url)
    try:
        services = make_services(
            policy, SqlStore(database), clock, gateway, settings.team_channel, _routes("", clock)
        )
        laid = services.on_call.override(level, kind, user, start, end)
        names = services.on_call.names([user])
    finally:
        database.dispose()
    first, last = (
        clock_time(at, policy.hours.zone, with_year=True)
        for at in (laid.segment.start, laid.segment.end)
    )
    does = "is on call too" if kind is OverrideKind.ADD else "is not on call"
    who = f"{names.get(user, user)} ({user})"
    return f"{level}: {who} {does}, {first} to {last} {policy.zone_name}. `/oncall` can cancel it."


def doctor(settings: Settings) -> None:
    """Print what is well and what is not.

    Raises:
        CasebellError: something is not.
    """
    findings = list(_examine(settings))
    for is_well, text in findings:
        print(f"{'ok  ' if is_well else 'MEND'}  {text}")  # noqa: T201 - a command's output
    wrong = sum(not is_well for is_well, _ in findings)
    if wrong:
        raise CasebellError(f"{counted(wrong, 'thing')} to mend.")


def _examine(settings: Settings) -> Iterator[tuple[bool, str]]:
    policy = load_policy(settings.policy_file)
    notes = counted(len(policy.notes), "note")
    yield True, f"policy of {policy.vendor.name}, {notes} (python -m bot policy)"
    clock, gateway = SystemClock(), _gateway(settings)
    try:
        database = _open(settings.database_url)
    except CasebellError as error:
        yield False, f"database: {error}"
        return
    try:
        yield True, "database answers, with the newest schema"
        store = SqlStore(database)
        services = make_services(
            policy,
            store,
            clock,
            gateway,
            settings.team_channel,
            _routes("", clock),
            public_url=settings.public_url,
            oauth=slack_install(settings),
            vault=vault(settings),
        )
        yield from _examine_slack(settings, gateway)
        yield from _examine_socket(settings, gateway)
        yield from _examine_routes(settings, policy, clock)
        yield from _examine_installs(settings, services)
        yield True, _heartbeat(settings)
        yield from _examine_on_call(services, clock.now())
    finally:
        database.dispose()


def _examine_on_call(services: Services, now: datetime) -> Iterator[tuple[bool, str]]:
    """Who is on call, and what is wrong in the coming weeks; Slack is asked there and then."""
    for shift, _ in services.on_call.show(now):
        names = services.on_call.names(shift.users)
        for user in shift.users:
            yield True, f"{names.get(user, '')} ({user}) is {shift.level} on call"
    with suppress(SlackError):  # it is told of already
        services.directory.sync()
    services.readiness.learn(lambda seconds: not Event().wait(seconds))
    with services.desk.store.reading() as tx:
        found = services.readiness.examine(tx, now)
    names = services.on_call.names([one.user for one in found if one.user])
    voice = readiness.in_terminal(services.desk.policy, names)
    for one in found:
        yield one.is_remark, readiness.finding(one, voice, now)


def _examine_slack(settings: Settings, gateway: WebSlackGateway) -> Iterator[tuple[bool, str]]:
    try:
        identity, scopes = gateway.introduce()
        yield True, f"Slack knows the token: {identity.url}"
        missing = sorted(set(SCOPES) - scopes)
        if missing:
            yield False, f"the token lacks {', '.join(missing)}: install the manifest again"
        else:
            yield True, "the token has every scope"
        channel = gateway.channel(settings.team_channel)
        if channel.is_member:
            yield True, f"Casebell is in TEAM_CHANNEL #{channel.name}"
        else:
            yield False, f"TEAM_CHANNEL #{channel.name} lacks Casebell: /invite @casebell there"
        if channel.is_ext_shared:
            yield False, f"TEAM_CHANNEL #{channel.name} is shared with another organisation"
        else:
            yield True, f"TEAM_CHANNEL #{channel.name} belongs to the team alone"
    except SlackError as error:
        yield False, _slack_advice(error, settings)


def _examine_socket(settings: Settings, gateway: WebSlackGateway) -> Iterator[tuple[bool, str]]:
    """Whether Slack would let Casebell open a connection, where nothing reaches it otherwise."""
    if settings.slack_app_token is None:
        yield True, "Slack reaches Casebell by HTTP (for Socket Mode, set SLACK_APP_TOKEN)"
        return
    try:
        gateway.try_socket_mode(settings.slack_app_token.get_secret_value())
    except SlackError as error:
        yield False, _socket_advice(error)
    else:
        yield True, "Slack takes SLACK_APP_TOKEN, for Socket Mode"


def _socket_advice(error: SlackError) -> str:
    match error.code:
        case "missing_scope" | "no_permission":
            return (
                f"SLACK_APP_TOKEN lacks the scope connections:write ({error.code}): generate one"
                " with it under Basic Information, App-Level Tokens"
            )
        case (
            "account_inactive"
            | "invalid_auth"
            | "not_allowed_token_type"
            | "not_authed"
            | "token_expired"
            | "token_revoked"
        ):
            return (
                f"Slack does not accept SLACK_APP_TOKEN ({error.code}): generate one with the scope"
                " connections:write under Basic Information, App-Level Tokens"
            )
    return str(error)


def _examine_installs(settings: Settings, services: Services) -> Iterator[tuple[bool, str]]:
    """Whether customers can install Casebell, and what is known of those who have."""
    oauth = slack_install(settings)
    with services.desk.store.reading() as tx:
        paused = services.installed.paused(tx)
    if oauth is None:
        yield True, "customers use the pinned button (for /case too, set CASEBELL_CLIENT_ID)"
        for lost in paused:
            what = f"{lost.name} ({lost.team_id}) has installed Casebell, and is not answered"
            yield False, f"{what}: set CASEBELL_CLIENT_ID, or have them remove it"
        return
    code = ""
    try:
        oauth.exchange("doctor")  # no code of Slack's: it says what it thinks of the rest
    except SlackError as error:
        code = error.code
    match code:
        case "bad_client_secret" | "invalid_client_id":
            wrong = f"Slack does not know CASEBELL_CLIENT_ID with its secret ({code})"
            yield False, f"{wrong}: copy both from Basic Information"
        case "bad_redirect_uri":
            where = f"add {oauth.redirect_url} to the Redirect URLs of OAuth & Permissions"
            yield False, f"{where}: customers cannot install Casebell"
        case "invalid_code":
            yield True, f"customers can install Casebell; Slack leads back to {oauth.redirect_url}"
        case _:
            yield False, f"whether customers can install Casebell is not known: Slack says {code}"
    for lost in paused:
        what = f"the token of {lost.name} ({lost.team_id}) opens by no ENCRYPTION_KEY"
        yield False, f"{what}: add the key that sealed it, or `/case invite` them anew"


def _examine_routes(settings: Settings, policy: Policy, clock: Clock) -> Iterator[tuple[bool, str]]:
    caller = _routes(settings.webhook_secret_text, clock)
    for route in policy.paging.routes:
        problem = caller.problem(route)
        name = f"route {route.name} ({route.host})"
        yield problem is None, f"{name}: {problem}" if problem else f"{name} can be called"
    if policy.paging.routes and ack_links(settings) is None:
        yield False, "set PUBLIC_URL and WEBHOOK_SECRET, so that calls carry a link to acknowledge"
    if not policy.paging.routes:
        yield True, "pages ring in Slack alone: see paging.routes in the policy for other ways"


def _heartbeat(settings: Settings) -> str:
    """A hint and no failure: who runs one process on one machine may well watch it otherwise."""
    if settings.heartbeat_url is None:
        return "nobody outside notices if Casebell stops: set HEARTBEAT_URL"
    return "HEARTBEAT_URL is called every minute while all is well"


def _routes(secret: str, clock: Clock) -> RouteCaller:
    return RouteCaller(secret, environment(), clock.now)


def _slack_advice(error: SlackError, settings: Settings) -> str:
    match error.code:
        case "channel_not_found":
            return (
                f"TEAM_CHANNEL {settings.team_channel} is not there for Casebell: /invite @casebell"
                " there, or check the id"
            )
        case "invalid_auth" | "not_authed" | "token_revoked" | "account_inactive":
            return (
                f"Slack does not accept SLACK_BOT_TOKEN ({error.code}): copy it anew from OAuth &"
                " Permissions"
            )
    return str(error)


def _would_not_hear(policy: Policy, unheard: Unheard) -> str:
    if unheard.quiet is None:
        return (
            f"Warning: whether Slack keeps quiet for {unheard.name} at night (do-not-disturb) could"
            " not be looked up. `python -m bot doctor` asks again."
        )
    start, end = (
        clock_time(at, policy.hours.zone) for at in (unheard.quiet.start, unheard.quiet.end)
    )
    quiet = readiness.silenced(unheard.name, start, f"{end} {policy.zone_name}")
    return f"Warning: {quiet}: a page would make no sound. {readiness.LET_THROUGH}"


def _gateway(settings: Settings) -> WebSlackGateway:
    return WebSlackGateway(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)


def _no_slack() -> WebSlackGateway:
    return WebSlackGateway("", "http://127.0.0.1:9/")


def _open(url: str) -> Database:
    database = Database(url)
    try:
        _prepare(database)
    except CasebellError:
        database.dispose()
        raise
    return database


def _prepare(database: Database) -> None:
    """An SQLite file is made and migrated by itself; PostgreSQL is migrated at a release.

    Raises:
        SettingsError: PostgreSQL has not been migrated.
    """
    if is_current(database):
        return
    if not database.is_sqlite:
        raise SettingsError("The database lacks the newest schema: run `python -m bot migrate`.")
    from storage.migrate import migrate  # noqa: PLC0415 - as above

    migrate(database)


def _log_to_stdout(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # They log bodies of requests, or every tick.
    for noisy in ("slack_bolt", "slack_sdk", "apscheduler", "alembic", "waitress"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
