"""The directions and homes that keep the parts apart, read from the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.outbox import AUDIENCES, MessageKind
from bot.engine.outbox import SENDERS
from bot.serve import THREADS
from storage.database import POOL_SIZE

ROOT = Path(__file__).parent.parent
SOURCES = tuple(
    path.relative_to(ROOT).as_posix()
    for folder in ("bot", "handlers", "storage")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in path.parts
)
TREES = {path: ast.parse((ROOT / path).read_text("utf-8")) for path in SOURCES}

# What each part may import of ours; the first prefix of a path that fits is its part. A part may
# always import itself.
ALLOWED = {
    "bot/domain/": (),
    "bot/policy": ("bot.domain", "bot.errors", "bot.policy"),
    "bot/messages/": ("bot.domain", "bot.policy"),
    "bot/services/": (
        "bot.clock.Clock",
        "bot.domain",
        "bot.errors",
        "bot.messages",
        "bot.policy",
    ),
    "bot/engine/": ("bot.clock", "bot.domain", "bot.errors", "bot.messages", "bot.services"),
    "handlers/": (
        "bot.domain",
        "bot.errors",
        "bot.messages",
        "bot.services",
        "bot.slack_shapes",
    ),
    "storage/": ("bot.domain", "bot.errors"),
    "bot/slack_gateway.py": (
        "bot.domain",
        "bot.errors",
        "bot.messages",
        "bot.services.ports",
        "bot.slack_calls",
        "bot.slack_shapes",
    ),
    "bot/slack_calls.py": ("bot.errors",),
    "bot/slack_oauth.py": ("bot.domain", "bot.errors", "bot.manifest", "bot.slack_calls"),
    "bot/vault.py": (),
    "bot/routes.py": ("bot.domain", "bot.errors", "bot.outbound"),
    "bot/outbound.py": (),
    "bot/heartbeat.py": ("bot.outbound",),
    "bot/status.py": (
        "bot.__version__",
        "bot.clock",
        "bot.domain",
        "bot.messages",
        "bot.services",
        "bot.web",
    ),
    "bot/ack_web.py": (
        "bot.ack_page",
        "bot.domain",
        "bot.errors",
        "bot.messages",
        "bot.services",
        "bot.web",
        "bot.web_page",
    ),
    "bot/ack_page.py": ("bot.domain", "bot.messages.words", "bot.web_page"),
    "bot/install_web.py": (
        "bot.domain",
        "bot.errors",
        "bot.install_page",
        "bot.policy_file",
        "bot.services.installing",
        "bot.web",
        "bot.web_page",
    ),
    "bot/install_page.py": ("bot.domain", "bot.manifest", "bot.policy_file", "bot.web_page"),
    "bot/web_page.py": (),
    "bot/calendar_web.py": (
        "bot.calendar_file",
        "bot.domain",
        "bot.errors",
        "bot.policy",
        "bot.services.ports",
        "bot.web",
    ),
    "bot/calendar_file.py": ("bot.calendar_zone", "bot.domain", "bot.messages", "bot.policy"),
    "bot/calendar_zone.py": (),
    "bot/slack_shapes.py": ("bot.domain",),
    "bot/web.py": (),
    "bot/errors.py": (),
    "bot/clock.py": (),
    "bot/settings.py": ("bot.domain.route", "bot.errors", "bot.vault"),
    "bot/manifest.py": ("bot.messages.ids",),
    "bot/reports.py": ("bot.domain", "bot.messages", "bot.policy"),
    "bot/__init__.py": (),
}
SEES_EVERYTHING = (
    "bot/app.py",
    "bot/operate.py",
    "bot/serve.py",
    "bot/__main__.py",
    "bot/sandbox/",
)

# Where a library is at home; elsewhere nobody imports it.
HOMES = {
    "slack_bolt": ("handlers/", "bot/app.py"),
    "slack_sdk": (
        "bot/slack_calls.py",
        "bot/slack_oauth.py",
        "bot/app.py",
        "bot/web.py",
        "bot/serve.py",
        "handlers/",
        "bot/sandbox/",
    ),
    "sqlalchemy": ("storage/", "bot/sandbox/"),
    "alembic": ("storage/",),
    "psycopg": ("storage/",),
    "cryptography": ("bot/vault.py",),
    "apscheduler": ("bot/engine/ticker.py",),
    "waitress": ("bot/serve.py",),
    "pydantic": ("bot/settings.py", "bot/policy.py", "bot/policy_file.py"),
    "pydantic_settings": ("bot/settings.py",),
    "icalendar": ("bot/calendar_file.py", "bot/calendar_zone.py"),
    "holidays": ("bot/policy.py", "bot/policy_rules.py"),
    "tomllib": ("bot/policy.py",),
    "websockets": ("bot/sandbox/",),
}


def imported(path: str) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            # "from bot.messages import ids" names the module bot.messages.ids.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(path: str) -> Iterator[str]:
    """What a file calls, by dotted names, whatever it has imported them as."""
    known = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Call):
            first, dot, rest = ast.unparse(node.func).partition(".")
            yield f"{known.get(first, first)}{dot}{rest}"


def is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(re.match(rf"{re.escape(package)}(\b|_)", module) for package in packages)


def test_imports_follow_the_arrows() -> None:
    astray = []
    for path in SOURCES:
        if path.startswith(SEES_EVERYTHING):
            continue
        part = next(prefix for prefix in ALLOWED if path.startswith(prefix))
        own = part.rstrip("/").removesuffix(".py").replace("/", ".")
        ours = [name for name in imported(path) if is_within(name, ("bot", "handlers", "storage"))]
        astray += [(path, name) for name in ours if not is_within(name, (own, *ALLOWED[part]))]
    assert astray == []


def test_every_part_named_here_exists() -> None:
    for prefix in (*ALLOWED, *SEES_EVERYTHING):
        assert any(path.startswith(prefix) for path in SOURCES), prefix


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_stays_at_home(library: str) -> None:
    users = {path for path in SOURCES for name in imported(path) if is_within(name, (library,))}
    assert [path for path in sorted(users) if not path.startswith(HOMES[library])] == []


def test_the_domain_is_pure() -> None:
    """No Slack, SQL, clock, logging, files or network: plain values in, plain values out."""
    wanted = {"__future__", "collections", "dataclasses", "datetime", "enum", "typing"}
    wanted |= {"bisect", "functools", "itertools", "re", "unicodedata", "urllib", "zoneinfo", "bot"}
    for path in SOURCES:
        if path.startswith("bot/domain/"):
            assert {name.partition(".")[0] for name in imported(path)} <= wanted, path


_READS_TIME = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|monotonic|"
    r"monotonic_ns|perf_counter|localtime|gmtime))$"
)


def test_handlers_open_no_transactions() -> None:
    for path in SOURCES:
        if path.startswith("handlers/"):
            assert not [c for c in calls(path) if c.endswith((".reading", ".transaction"))], path


def test_the_time_is_read_in_one_place() -> None:
    readers = {
        path
        for path in SOURCES
        if not path.startswith("bot/sandbox/") and any(map(_READS_TIME.search, calls(path)))
    }
    assert readers == {"bot/clock.py"}


def test_real_time_goes_to_those_who_must_follow_it_and_to_nobody_else() -> None:
    """Everybody else is given a Clock, so that a demo or a test can turn it."""
    others = [
        path
        for path in SOURCES
        if not path.startswith("bot/sandbox/")
        and path not in ("bot/__main__.py", "bot/engine/ticker.py", "bot/engine/watch.py")
    ]
    takes = {path: set(imported(path)) & {"bot.clock.wall_now", "time.sleep"} for path in others}
    assert [path for path, taken in takes.items() if taken] == []


def test_only_the_gateway_posts() -> None:
    """One way out, so that one place decides on retries and nothing is posted twice."""
    posting = re.compile(r"(\.|^)chat_[a-zA-Z]+$")
    users = {
        path
        for path in SOURCES
        if not path.startswith("bot/sandbox/")
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Attribute) and posting.search(f".{node.attr}")
    }
    assert users == {"bot/slack_gateway.py"}


def test_sql_is_written_in_the_storage_only() -> None:
    statement = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE .+ SET|DELETE FROM)\b")
    for path in SOURCES:
        if not path.startswith("storage/"):
            texts = (n.value for n in ast.walk(TREES[path]) if isinstance(n, ast.Constant))
            found = [text for text in texts if isinstance(text, str) and statement.search(text)]
            assert found == [], path


def test_every_message_has_an_audience() -> None:
    assert set(AUDIENCES) == set(MessageKind)


def test_every_thread_of_a_process_finds_a_connection() -> None:
    """A thread that finds none has waited in vain, and a listener has 3 s to answer Slack."""
    by_themselves = ("the tick", "upkeep", "the audit", "the status page", "the main thread")
    assert THREADS + SENDERS + len(by_themselves) <= POOL_SIZE


def test_importing_does_nothing() -> None:
    """No engine, client, scheduler or settings is made when a module is imported."""
    makers = re.compile(
        r"(^|\.)(App|WebClient|Database|create_engine|BackgroundScheduler|Settings|load_settings|"
        r"load_policy|Casebell|SystemClock)$"
    )
    for path in SOURCES:
        top = [node for node in TREES[path].body if isinstance(node, (ast.Assign, ast.Expr))]
        made = [
            ast.unparse(call.func)
            for node in top
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and makers.search(ast.unparse(call.func))
        ]
        assert made == [], path


def test_every_module_says_what_it_is_for() -> None:
    said = {path: ast.get_docstring(TREES[path]) or "" for path in SOURCES}
    assert [path for path, words in said.items() if not 1 <= len(words.splitlines()) <= 8] == []


DOZEN = 12


def listeners() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Everything that handlers hand to Bolt: the public methods of their classes."""
    for path in SOURCES:
        for node in ast.walk(TREES[path]):
            if path.startswith("handlers/") and isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                        yield f"{path} {node.name}.{method.name}", method


@pytest.mark.parametrize("listener", [pytest.param(m, id=name) for name, m in listeners()])
def test_a_listener_is_an_address_of_a_dozen_lines(listener: ast.FunctionDef) -> None:
    """Parse, one service call, answer. Counted without docstring, comments and blank lines."""
    body = listener.body[1:] if ast.get_docstring(listener) else listener.body
    lines = "\n".join(ast.unparse(statement) for statement in body).splitlines()
    assert len(lines) <= DOZEN


def test_there_are_listeners_to_look_at() -> None:
    assert len(list(listeners())) >= 10
