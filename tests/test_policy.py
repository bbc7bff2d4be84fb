"""The policy file: what is shipped, what another vendor writes, and each rule that refuses."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import pytest

from bot import policy_rules
from bot.domain.form import FieldKind
from bot.errors import PolicyError, SettingsError
from bot.messages.ids import FormContext
from bot.messages.intake_modal import FormFacts, form_view
from bot.policy import Policy, load_policy

NOON = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
SHIPPED = resources.files("bot").joinpath("policy.toml").read_text("utf-8")

# A vendor who sells something else, has one person on call and closes for lunch.
SMALL = """
[vendor]
name = "Acme & Sons"
support_email = "help@acme.example"
scope_url = "https://acme.example/scope"
supported = "The pump."

[hours]
zone = "Europe/Berlin"
zone_name = "Berlin"
monday = ["08:00-12:00", "13:00-24:00"]
tuesday = []
wednesday = []
thursday = []
friday = []
saturday = []
sunday = []

[holidays]
country = "DE"
add = { 2026-11-30 = "Founder's day" }
remove = [2026-12-25]

[[severities]]
key = "broken"
label = "Broken"
definition = "It does not pump"
target = "1 hour"
pages = true

[response]
warn_at_percent = []

[paging]
levels = ["primary"]
round_minutes = 10
rounds = 1
last_resort_every_minutes = 10
answer_within_minutes = 30
pause_after_reminder_minutes = 5
look_again_every_minutes = 5
steps = [{ after_minutes = 0, levels = ["primary"] }]

[oncall]
handoff = "Sun 00:00"

[form]
fields = [
    { key = "severity", label = "How bad?", kind = "severity" },
    { key = "summary", label = "What?", kind = "line" },
]

[maintenance]
anchor = 2026-01-05
every_days = 7
upgrades = []
upgrade_reminders = { days_before = [], at = "10:00" }
routine_reminders = { days_before = [], at = "10:00" }

[retention]
raw_submission_days = 1
draft_days = 1

[delivery]
seconds_between_posts = 0
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Policy]:
    """Load a policy from its text."""

    def from_text(text: str) -> Policy:
        path = tmp_path / "policy.toml"
        path.write_text(text, "utf-8")
        return load_policy(path)

    return from_text


def replaced(old: str, new: str) -> str:
    """The shipped policy with one piece of it changed, which has to be there."""
    assert old in SHIPPED, old
    return SHIPPED.replace(old, new, 1)


def small(old: str, new: str) -> str:
    """The small policy with one piece of it changed, which has to be there."""
    assert old in SMALL, old
    return SMALL.replace(old, new, 1)


def test_the_shipped_policy_has_one_note_about_thirteen_days() -> None:
    policy = load_policy()
    assert [str(note) for note in policy.notes] == [
        "P071 maintenance.upgrades.Prod: Thursday + 13 days is a Wednesday: the upgrade is on the"
        " next Friday, 15 days after. Hint: change after_days or weekday if that is not meant."
    ]


@pytest.mark.parametrize(
    ("key", "target", "pages"),
    [
        ("no_impact", "2 business days", False),
        ("little_impact", "1 business day", False),
        ("severe_impact", "4 business hours", False),
        ("business_stopped", "2 hours", True),
    ],
)
def test_the_shipped_severities_promise_what_the_support_policy_says(
    key: str, target: str, pages: bool
) -> None:
    severity = load_policy().severity(key)
    assert (str(severity.target), severity.pages) == (target, pages)


def test_only_business_stopped_runs_around_the_clock() -> None:
    assert [s.key for s in load_policy().severities if s.target.around_the_clock] == [
        "business_stopped"
    ]


def test_another_vendors_small_policy_is_enough(load: Callable[[str], Policy]) -> None:
    policy = load(SMALL)
    assert policy.notes == ()
    assert policy.vendor.name == "Acme & Sons"
    assert [field.kind for field in policy.form.fields] == [FieldKind.SEVERITY, FieldKind.LINE]
    assert policy.maintenance.routine is None
    assert str(policy.handoff) == "sun 00:00"


def test_shifts_may_begin_on_any_day_and_the_routine_window_may_not(
    load: Callable[[str], Policy],
) -> None:
    assert str(load(replaced('"mon 09:00"', '"daily 21:30"')).handoff) == "daily 21:30"
    with pytest.raises(PolicyError) as refused:
        load(replaced('"fri 20:00"', '"daily 20:00"'))
    assert '"daily 20:00" names no weekday: give one, for example "mon 20:00". Hint' in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("day", "is_holiday"),
    [
        pytest.param(date(2026, 11, 30), True, id="a day of their own"),
        pytest.param(date(2026, 12, 25), False, id="a holiday they work on"),
        pytest.param(date(2026, 5, 1), True, id="the calendar of their country"),
        pytest.param(date(2026, 7, 3), False, id="no calendar of ours"),
    ],
)
def test_a_vendor_adds_and_removes_holidays(
    load: Callable[[str], Policy], day: date, is_holiday: bool
) -> None:
    assert bool(load(SMALL).hours.holiday_name(day)) == is_holiday


def test_a_holiday_of_their_own_has_the_name_they_gave_it(load: Callable[[str], Policy]) -> None:
    assert load(SMALL).hours.holiday_name(date(2026, 11, 30)) == "Founder's day"


def test_a_holiday_on_a_weekend_is_kept_on_the_working_day() -> None:
    """Independence Day of 2026 is a Saturday: the office is closed on Friday."""
    assert load_policy().hours.holiday_name(date(2026, 7, 3)) == "Independence Day (observed)"


def test_an_unknown_severity_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_policy().severity("urgent")


ROUTE = """
[[paging.routes]]
name = "pagerduty"
shape = "pagerduty"
url = "https://events.pagerduty.com/v2/enqueue"
key = "PAGERDUTY_KEY"
levels = ["primary", "manager"]
after_minutes = 2
"""


def routed(old: str = "", new: str = "", *, routes: str = ROUTE) -> str:
    """The shipped policy with a route, one piece of which is changed."""
    assert old in routes, old
    return replaced("\n[oncall]", f"{routes.replace(old, new, 1)}\n[oncall]")


MANY_OPTIONS = ", ".join(f'"o{n}"' for n in range(101))
MANY_FIELDS = "".join(
    f'[[form.fields]]\nkey = "more_{chr(97 + n // 26)}{chr(97 + n % 26)}"\n'
    'label = "More"\nkind = "line"\n'
    for n in range(40)
)
MONDAY = 'monday = ["07:00-18:00"]'
SMALL_MONDAY = '["08:00-12:00", "13:00-24:00"]'
FIRST_FORM = '[[form.fields]]\nkey = "severity"'
SECOND_SEVERITY = '[[form.fields]]\nkey = "again"\nlabel = "Again"\nkind = "severity"\n'
LONG = "x" * 70

BROKEN = [
    ("not TOML", '[vendor]\nname = "', "P002", "policy.toml"),
    ("a word for a key", "vendor", "P002", "policy.toml"),
    ("a misspelt key", replaced("optional =", "optionl ="), "P003", "form.fields.11.optionl"),
    ("a section of nobody's", SHIPPED + "\n[extras]\n", "P003", "extras"),
    (
        "a section is missing",
        replaced('[oncall]\nhandoff = "mon 09:00"', ""),
        "P004",
        "oncall",
    ),
    ("a key is missing", replaced("rounds = 3", ""), "P004", "paging.rounds"),
    ("no e-mail address", replaced("support@logik.io", "logik.io"), "P005", "vendor.support_email"),
    ("no web address", replaced("https://www.", "www."), "P005", "vendor.scope_url"),
    ("a word for a number", replaced("rounds = 3", 'rounds = "three"'), "P005", "paging.rounds"),
    ("a warning at 100 %", replaced("[50, 75]", "[50, 100]"), "P005", "response.warn_at_percent.1"),
    ("no severities", re.sub(r"(?s)\[\[severities.*?(?=\[response])", "severities = []\n", SHIPPED)
     .replace("[vendor]", "severities = []\n[vendor]", 1)
     .replace("severities = []\n[response]", "[response]"), "P005", "severities"),
    ("no date", replaced("anchor = 2026-11-19", 'anchor = "soon"'), "P005", "maintenance.anchor"),
    (
        "a kind of nobody's",
        replaced('kind = "past_moment"', 'kind = "moment"'),
        "P005",
        "form.fields.9.kind",
    ),
    ("no such zone", replaced("America/Chicago", "America/Chikago"), "P010", "hours.zone"),
    ("a folder for a zone", replaced("America/Chicago", "America"), "P010", "hours.zone"),
    ("a way out of the zones", replaced("America/Chicago", "../etc"), "P010", "hours.zone"),
    ("no hours", small(SMALL_MONDAY, '["morning"]'), "P011", "hours.monday"),
    ("closed before open", small(SMALL_MONDAY, '["18:00-07:00"]'), "P011", "hours.monday"),
    ("no length", small(SMALL_MONDAY, '["07:00-07:00"]'), "P011", "hours.monday"),
    ("overlap", small(SMALL_MONDAY, '["07:00-12:00", "11:00-18:00"]'), "P011", "hours.monday"),
    ("no order", small(SMALL_MONDAY, '["13:00-18:00", "07:00-12:00"]'), "P011", "hours.monday"),
    ("midnight", small(SMALL_MONDAY, '["07:00-24:00", "08:00-09:00"]'), "P011", "hours.monday"),
    ("never open", small(SMALL_MONDAY, "[]"), "P012", "hours"),
    ("no such country", replaced('country = "US"', 'country = "XX"'), "P013", "holidays.country"),
    (
        "a severity twice",
        replaced('key = "little_impact"', 'key = "no_impact"'),
        "P020",
        "severities",
    ),
    (
        "no target",
        replaced('target = "2 hours"', 'target = "soon"'),
        "P021",
        "severities.business_stopped.target",
    ),
    (
        "a target of nothing",
        replaced('target = "2 hours"', 'target = "0 hours"'),
        "P021",
        "severities.business_stopped.target",
    ),
    (
        "business days of two lengths",
        replaced(MONDAY, 'monday = ["07:00-12:00"]').replace("1 business day", "9 business hour"),
        "P022",
        "severities.no_impact.target",
    ),
    (
        "a long label",
        replaced('label = "Business Stopped"', f'label = "{LONG} and more"'),
        "P023",
        "severities.business_stopped.label",
    ),
    (
        "a long definition",
        replaced('definition = "UI and APIs do not respond"', f'definition = "{LONG}"'),
        "P023",
        "severities.business_stopped.definition",
    ),
    ("warnings out of order", replaced("[50, 75]", "[75, 50]"), "P030", "response.warn_at_percent"),
    ("a warning twice", replaced("[50, 75]", "[50, 50]"), "P030", "response.warn_at_percent"),
    (
        "a round shorter than its steps",
        replaced("round_minutes = 20", "round_minutes = 15"),
        "P040",
        "paging",
    ),
    (
        "a level that never rings",
        replaced('levels = ["primary", "secondary", "manager"]',
                 'levels = ["primary", "secondary", "manager", "ceo"]'),
        "P040",
        "paging",
    ),
    (
        "a step for nobody",
        replaced('after_minutes = 5, levels = ["primary"]', "after_minutes = 5, levels = []"),
        "P040",
        "paging",
    ),
    (
        "a first step that waits",
        replaced("{ after_minutes = 0,", "{ after_minutes = 1,"),
        "P040",
        "paging",
    ),
    ("a route of nobody's shape", routed('"pagerduty"\nurl', '"sms"\nurl'), "P005",
     "paging.routes.0.shape"),
    ("a route that waits for days", routed("= 2", "= 1441"), "P005",
     "paging.routes.0.after_minutes"),
    ("a route that rings early", routed("= 2", "= -1"), "P005", "paging.routes.0.after_minutes"),
    ("a route without an address", routed('url = "https://events.pagerduty.com/v2/enqueue"\n', ""),
     "P004", "paging.routes.0.url"),
    ("a misspelt key of a route", routed("key =", "secret ="), "P003", "paging.routes.0.secret"),
    *(
        (f"a route {name}", routed(old, new), "P040", "paging")
        for name, old, new in (
            ("in the clear", "https://events", "http://events"),
            ("with a password", "https://events", "https://me:secret@events"),
            ("to nowhere", "https://events.pagerduty.com", "https://"),
            ("for a level of nobody's", '"manager"', '"ceo"'),
            ("for no level", '["primary", "manager"]', "[]"),
            ("with a sentence for a name", 'name = "pagerduty"', 'name = "to the phone"'),
            ("with the routing key itself", "PAGERDUTY_KEY", "e93facc04764012d7bfb002500d5d1a6"),
            ("without its routing key", 'key = "PAGERDUTY_KEY"', ""),
            ("in JSON with a key", 'shape = "pagerduty"', 'shape = "json"'),
        )
    ),
    ("two routes of one name", routed(routes=ROUTE + ROUTE), "P040", "paging"),
    ("a window of any day", replaced('"fri 20:00"', '"daily 20:00"'), "P070", "maintenance"),
    ("no handoff", replaced('"mon 09:00"', '"monday"'), "P050", "oncall.handoff"),
    ("no such hour", replaced('"mon 09:00"', '"mon 24:00"'), "P050", "oncall.handoff"),
    ("a field twice", replaced('key = "click_path"', 'key = "url"'), "P060", "form.url"),
    (
        "a field of ours",
        replaced('key = "steps"', 'key = "on_behalf_of"'),
        "P066",
        "form.on_behalf_of",
    ),
    (
        "a choice of nothing",
        small('kind = "line"', 'kind = "line" }, { key = "area", label = "A", kind = "choice"'),
        "P061",
        "form.area",
    ),
    (
        "options of a text",
        replaced('key = "steps"', 'key = "steps"\noptions = ["One"]'),
        "P061",
        "form.steps",
    ),
    (
        "over 100 options",
        replaced('options = ["Error", "Question"]',
                 f'options = ["Error", "Question", {MANY_OPTIONS}]'),
        "P062",
        "form.issue_type",
    ),
    (
        "an option twice",
        replaced('options = ["Error", "Question"]', 'options = ["Error", "Question", "Error"]'),
        "P062",
        "form.issue_type",
    ),
    (
        "shown for no option",
        replaced('is = ["Another app"]', 'is = ["another app"]'),
        "P063",
        "form.integration_name.shown_when",
    ),
    (
        "shown for a later field",
        replaced('key = "issue_type"',
                 'key = "issue_type"\nshown_when = { field = "area", is = ["API"] }'),
        "P063",
        "form.issue_type.shown_when",
    ),
    ("no summary", replaced('key = "summary"', 'key = "title"'), "P064", "form.summary"),
    (
        "a summary of many lines",
        replaced('kind = "line"\nmax_length = 150', 'kind = "text"\nmax_length = 150'),
        "P064",
        "form.summary",
    ),
    (
        "a summary that hides",
        replaced('key = "summary"',
                 'key = "summary"\nshown_when = { field = "issue_type", is = ["Error"] }'),
        "P064",
        "form.summary",
    ),
    ("no severity asked", replaced(FIRST_FORM, '[[form.fields]]\nkey = "sev"'), "P064",
     "form.severity"),
    (
        "two severities asked",
        replaced("# Source: \"How about Planned", SECOND_SEVERITY + "# \"How about Planned"),
        "P064",
        "form",
    ),
    (
        "a form without end",
        replaced("# Source: \"How about Planned", MANY_FIELDS + "# \"How about Planned"),
        "P065",
        "form.fields",
    ),
    ("no weekday", replaced('weekday = "friday"', 'weekday = "fryday"'), "P070", "maintenance"),
    ("no time", replaced('starts = "20:00"', 'starts = "8 pm"'), "P070", "maintenance"),
    ("no moment", replaced('ends = "sun 05:00"', 'ends = "05:00"'), "P070", "maintenance"),
    ("upgrades every day", replaced("every_days = 14", "every_days = 1"), "P070", "maintenance"),
    ("a sector twice", replaced('sector = "Prod"', 'sector = "test"'), "P070", "maintenance"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule", "key"), [pytest.param(*case, id=f"{case[1]} {name}") for name, *case in BROKEN]
)
def test_a_broken_policy_is_refused_by_number_key_and_hint(
    load: Callable[[str], Policy], text: str, rule: str, key: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        load(text)
    headline, *lines = str(refused.value).splitlines()
    assert headline.endswith("policy.toml is not usable:")
    findings = [re.fullmatch(r"(P\d{3}) (\S+): (.+)\.? Hint: (.+)\.?", line) for line in lines]
    assert all(findings), lines
    found = {(match[1], match[2].rpartition("/")[2]) for match in findings if match}
    assert found == {(rule, key)}, lines


def test_every_rule_has_a_test_that_breaks_it() -> None:
    sources = (Path(policy_rules.__file__), Path(policy_rules.__file__).with_name("policy.py"))
    numbers = {n for source in sources for n in re.findall(r'"(P\d{3})"', source.read_text())}
    broken = {rule for _, _, rule, _ in BROKEN}
    assert numbers == broken | {"P001", "P071"}  # a missing file, and a note, each below


def test_a_policy_file_that_is_not_there_is_p001(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"P001 .*nowhere\.toml: cannot be read .*POLICY_FILE"):
        load_policy(tmp_path / "nowhere.toml")


def test_a_policy_file_that_is_no_text_is_p001(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(PolicyError, match="P001"):
        load_policy(tmp_path / "policy.toml")


def test_a_note_stops_nothing(load: Callable[[str], Policy]) -> None:
    policy = load(replaced("after_days = 0", "after_days = 2"))
    assert [(note.rule, note.key) for note in policy.notes] == [
        ("P071", "maintenance.upgrades.Test"),
        ("P071", "maintenance.upgrades.Prod"),
    ]


def test_a_bad_policy_is_a_bad_setting() -> None:
    """So that the command line ends with 2, wrong settings, and not with 1."""
    assert issubclass(PolicyError, SettingsError)


def test_every_broken_rule_is_told_at_once(load: Callable[[str], Policy]) -> None:
    text = replaced("America/Chicago", "Moon").replace('"mon 09:00"', '"never"')
    with pytest.raises(PolicyError) as refused:
        load(text)
    assert re.findall(r"^P\d{3}", str(refused.value), re.MULTILINE) == ["P010", "P050"]


def test_every_key_of_the_file_is_used(load: Callable[[str], Policy]) -> None:
    """A key is read, or refused: nothing in the file is silently ignored."""
    keys = tomllib.loads(SHIPPED).keys()
    for key in keys:
        with pytest.raises(PolicyError, match=f"P003 {key}x"):
            load(re.sub(rf"(?m)^(\[+){key}", rf"\1{key}x", SHIPPED))


# --- what a rule must not miss, nor say twice ----------------------------------------------------


def test_hours_with_an_offset_are_refused(load: Callable[[str], Policy]) -> None:
    with pytest.raises(PolicyError, match=r"P011 hours\.monday"):
        load(replaced(MONDAY, 'monday = ["07:00Z-18:00"]'))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('starts = "20:00"', 'starts = "20:00Z"', id="an upgrade"),
        pytest.param('at = "10:00"', 'at = "10:00+09:00"', id="a reminder"),
    ],
)
def test_a_time_of_maintenance_with_an_offset_is_refused(
    load: Callable[[str], Policy], old: str, new: str
) -> None:
    with pytest.raises(PolicyError, match="P070"):
        load(replaced(old, new))


@pytest.mark.parametrize("key", ["severity", "summary"])
def test_what_every_case_needs_cannot_be_optional(load: Callable[[str], Policy], key: str) -> None:
    field = f'[[form.fields]]\nkey = "{key}"'
    with pytest.raises(PolicyError, match=f"P064 form.{key}"):
        load(replaced(field, f"{field}\noptional = true"))


def test_a_severity_that_the_rules_accept_is_shown_whole(load: Callable[[str], Policy]) -> None:
    definition = "x" * (75 - len(" · 2 hours 24x7"))
    policy = load(replaced("UI and APIs do not respond", definition))
    facts = FormFacts(FormContext("T1", "C1"), {}, now=NOON)
    shown = form_view(policy, facts)["blocks"][0]["element"]["options"][-1]["description"]["text"]
    assert shown == f"{definition} · 2 hours 24x7"


def test_hours_that_cannot_be_read_are_one_finding(load: Callable[[str], Policy]) -> None:
    with pytest.raises(PolicyError) as refused:
        load(replaced(MONDAY, 'monday = ["morning"]'))
    assert re.findall(r"(?m)^P\d{3}", str(refused.value)) == ["P011"]


def test_a_weekday_that_is_none_is_named(load: Callable[[str], Policy]) -> None:
    with pytest.raises(PolicyError, match=r'P070 .*"fryday"'):
        load(replaced('weekday = "friday"', 'weekday = "fryday"'))


def test_the_shipped_policy_rings_in_slack_alone() -> None:
    assert load_policy().paging.routes == ()


def test_the_route_that_is_shipped_as_a_comment_is_sound(load: Callable[[str], Policy]) -> None:
    """Whoever removes the # gets a route that can be called."""
    lines = SHIPPED.splitlines()
    at = lines.index("# [[paging.routes]]")
    length = lines[at:].index("")
    lines[at : at + length] = [line.removeprefix("# ") for line in lines[at : at + length]]
    [route] = load("\n".join(lines)).paging.routes
    assert (route.name, route.host, route.secret) == (
        "pagerduty",
        "events.pagerduty.com",
        "PAGERDUTY_KEY",
    )
    assert route.levels == load_policy().paging.levels
    assert route.after.total_seconds() == 120


def test_a_routing_key_in_the_policy_is_not_repeated(load: Callable[[str], Policy]) -> None:
    with pytest.raises(PolicyError) as refused:
        load(routed("PAGERDUTY_KEY", "e93facc04764012d7bfb002500d5d1a6"))
    assert "e93facc" not in str(refused.value)
    assert "pagerduty" in str(refused.value)


def test_a_rule_about_a_route_names_the_key_that_is_wrong(load: Callable[[str], Policy]) -> None:
    with pytest.raises(PolicyError, match=r"pagerduty.*\bkey is the NAME"):
        load(routed('key = "PAGERDUTY_KEY"', ""))
