"""The command line: `python -m bot`. Exit 0: done; 1: failed; 2: wrong use or settings."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import re
import sys
from collections.abc import Sequence
from datetime import date, datetime

from dateutil.relativedelta import relativedelta

from bot import reports
from bot.clock import SystemClock, wall_now
from bot.domain.rotation import HandoffTime
from bot.domain.schedule import OverrideKind
from bot.errors import CasebellError, SettingsError, UserError
from bot.manifest import manifest, to_yaml
from bot.policy import Policy, load_policy
from bot.settings import load_offline_settings, load_settings

EXAMPLE_INSTANT = "2026-11-25T16:00-06:00"
EXAMPLE_WALL_TIME = "2026-12-24 18:00"


_MAINTENANCE = (
    "every maintenance window ahead, by the policy; what was changed in Slack, `/maintenance` shows"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (SettingsError, UserError) as error:
        print(error, file=sys.stderr)
        return 2
    except CasebellError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:  # as in `python -m bot policy | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot", description="Casebell: support cases from Slack, answered in time."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    command("run", _run, "serve Slack and run the engine, in one process")
    command("web", _web, "serve Slack; the engine runs elsewhere (PostgreSQL)")
    command("engine", _engine, "run the engine; Slack is served elsewhere (PostgreSQL)")
    command("migrate", _migrate, "bring the database to the newest schema")
    demo = command("demo", _demo, "play a weekend on a local workspace; no account is needed")
    demo.add_argument("--browser", action="store_true", help="serve it, and print where")
    demo.add_argument("--port", type=_port, metavar="N", help="where, with --browser; 3000")
    command("doctor", _doctor, "check settings, database, Slack and on-call, and say what to mend")
    command("policy", _policy, "check the policy and print it")
    why = command("why", _why, "the due time of a case, and the sum behind it")
    why.add_argument("severity", metavar="SEVERITY", help="such as business_stopped")
    why.add_argument("--at", required=True, metavar="ISO", help=f"such as {EXAMPLE_INSTANT}")
    why.add_argument("--json", action="store_true", help="print data instead of text")
    windows = command("maintenance", _maintenance, _MAINTENANCE)
    windows.add_argument("--months", type=_months, default=3, metavar="N", help="1 to 60")
    shown = command("manifest", _manifest, "print the app manifest for Slack")
    shown.add_argument("--url", help="where Slack reaches Casebell; without it: Socket Mode")
    _add_oncall(command("oncall", _oncall_show, "who is on call; set it with `oncall set`"))
    return parser


def _add_oncall(oncall: argparse.ArgumentParser) -> None:
    then = f"who was on call, or will be, such as {EXAMPLE_INSTANT}"
    oncall.add_argument("--at", metavar="ISO", help=then)
    verbs = oncall.add_subparsers(metavar="VERB")
    show = verbs.add_parser("show", help="who is on call now, until when, and who then")
    show.set_defaults(run=_oncall_show)
    # Without a default of its own, or it would undo an --at before the verb.
    show.add_argument("--at", default=argparse.SUPPRESS, metavar="ISO", help=then)
    set_ = verbs.add_parser("set", help="whose turn it is when; one person: always that one")
    set_.set_defaults(run=_oncall_set)
    set_.add_argument("level", metavar="LEVEL", help="primary, secondary or manager")
    set_.add_argument("users", nargs="+", metavar="USER", help="ids such as U0123ABC, in turn")
    set_.add_argument(
        "--handoff", type=_handoff, metavar='"mon 09:00"', help="weekday and time; or daily"
    )
    set_.add_argument(
        "--every", type=_days, default=7, metavar="DAYS", help="the length of a shift; 7"
    )
    set_.add_argument("--from", dest="first_day", type=_day, metavar="2026-01-05", help="first day")

    for verb, run, text in (
        ("add", _oncall_add, "somebody is on call too, for a while"),
        ("remove", _oncall_remove, "somebody is not on call, for a while"),
    ):
        laid = verbs.add_parser(verb, help=text)
        laid.set_defaults(run=run)
        laid.add_argument("level", metavar="LEVEL", help="primary, secondary or manager")
        laid.add_argument("user", metavar="USER", help="an id such as U0123ABC")
        for name, dest in (("--from", "start"), ("--until", "end")):
            laid.add_argument(
                name, dest=dest, type=_wall_time, required=True, metavar=f'"{EXAMPLE_WALL_TIME}"',
                help="by the office's clock",
            )  # fmt: skip


def _months(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 60:
        raise argparse.ArgumentTypeError(f"{text} is not a number of months from 1 to 60")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port from 0 to 65535")
    return int(text)


def _wall_time(text: str) -> datetime:
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        typed = None
    if typed is None or typed.tzinfo is not None:
        raise argparse.ArgumentTypeError(
            f"{text} is no time by the office's clock, such as {EXAMPLE_WALL_TIME}"
        )
    return typed


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 366:
        raise argparse.ArgumentTypeError(f"{text} is not a number of days from 1 to 366")
    return int(text)


def _handoff(text: str) -> HandoffTime:
    try:
        return HandoffTime.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date such as 2026-01-05") from None


def _offline_policy() -> Policy:
    return load_policy(load_offline_settings().policy_file)


# --- commands that need no settings ----------------------------------------------------------


def _policy(_options: argparse.Namespace) -> None:
    print(reports.policy_text(_offline_policy()))


def _why(options: argparse.Namespace) -> None:
    policy = _offline_policy()
    try:
        severity = policy.severity(options.severity)
    except KeyError:
        known = ", ".join(severity.key for severity in policy.severities)
        raise UserError(f'"{options.severity}" is no severity. The policy has: {known}.') from None
    opened_at = _instant(options.at)
    try:
        if options.json:
            print(json.dumps(reports.why_json(policy, severity, opened_at), indent=2))
        else:
            print(reports.why_text(policy, severity, opened_at))
    except (ValueError, OverflowError):
        raise UserError(f"{options.at} is too far from today for a deadline.") from None


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f'"{text}" is no instant. Write it like {EXAMPLE_INSTANT}') from None
    if instant.tzinfo is None:
        raise UserError(f'"{text}" has no offset from UTC. Write it like {EXAMPLE_INSTANT}')
    return instant


def _maintenance(options: argparse.Namespace) -> None:
    from bot.domain.maintenance import occurrences
    from bot.domain.window import planned

    policy, now = _offline_policy(), wall_now()
    end = now + relativedelta(months=options.months)
    by_rule = occurrences(policy.maintenance, now, end)
    print(reports.maintenance_text(policy, [planned(one) for one in by_rule]))


def _manifest(options: argparse.Namespace) -> None:
    if options.url is not None and not re.fullmatch(r"https://[^\s/\"'<>]+(/\S*)?", options.url):
        raise UserError(f'"{options.url}" is no address that Slack calls: it starts with https://')
    print(to_yaml(manifest(options.url)), end="")


# --- commands that need settings --------------------------------------------------------------
# What they need is imported when they run, so that `why` and its like start at once.


def _run(_options: argparse.Namespace) -> None:
    _serve(with_web=True, with_engine=True)


def _web(_options: argparse.Namespace) -> None:
    _serve(with_web=True, with_engine=False)


def _engine(_options: argparse.Namespace) -> None:
    _serve(with_web=False, with_engine=True)


def _serve(*, with_web: bool, with_engine: bool) -> None:
    # Modules stay: to look for garbage among them takes a tenth of the start, and of every
    # collection thereafter.
    gc.disable()
    from bot.operate import serve

    gc.freeze()
    gc.enable()
    serve(load_settings(), with_web=with_web, with_engine=with_engine)


def _migrate(_options: argparse.Namespace) -> None:
    from bot.operate import migrate_database

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it names its plugins
    print(migrate_database(load_offline_settings().database_url))


def _doctor(_options: argparse.Namespace) -> None:
    from bot.operate import doctor

    doctor(load_settings())


def _oncall_show(options: argparse.Namespace) -> None:
    from bot.operate import show_on_call

    at = None if options.at is None else _instant(options.at)
    print(show_on_call(load_offline_settings(), SystemClock(), at))


def _oncall_set(options: argparse.Namespace) -> None:
    from bot.operate import set_on_call

    if options.at is not None:
        raise UserError(
            "--at shows who was on call: `oncall --at`. A rotation is set --from a day."
        )
    settings = load_settings()
    print(
        set_on_call(
            settings,
            SystemClock(),
            options.level,
            options.users,
            options.handoff,
            options.first_day,
            options.every,
        )
    )


def _oncall_add(options: argparse.Namespace) -> None:
    _oncall_override(options, OverrideKind.ADD)


def _oncall_remove(options: argparse.Namespace) -> None:
    _oncall_override(options, OverrideKind.REMOVE)


def _oncall_override(options: argparse.Namespace, kind: OverrideKind) -> None:
    from bot.operate import override_on_call

    level, user, start, end = options.level, options.user, options.start, options.end
    print(override_on_call(load_settings(), SystemClock(), level, kind, user, start, end))


def _demo(options: argparse.Namespace) -> None:
    if options.browser:
        from bot.sandbox.browser.show import DEFAULT_PORT, show

        show(DEFAULT_PORT if options.port is None else options.port)
    elif options.port is not None:
        raise UserError("--port goes with --browser: the weekend plays in the terminal.")
    else:
        from bot.sandbox.demo import play

        play()


if __name__ == "__main__":
    sys.exit(main())
