"""What readers see of a message, and whom it calls on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest


def section(text, **more):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, **more}}


def say(slack, world, text="fallback", blocks=None):
    slack.chat_postMessage(channel=world.channel.id, text=text, blocks=blocks)
    return world.channel.messages[-1]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("*bold* _italic_ ~gone~ `code`", "bold italic gone code"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("<https://acme.example|the site>", "the site"),
        ("<https://acme.example>", "https://acme.example"),
        ("<!channel> look", "@channel look"),
        ("<!subteam^S1|@oncall>", "@oncall"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ],
)
def test_mark_up_is_read_as_it_is_drawn(slack, world, sent, seen):
    assert say(slack, world, sent).shown == seen
    assert say(slack, world, blocks=[section(sent)]).shown == seen


def test_people_and_channels_are_read_by_name(slack, world):
    sent = f"{world.ana.mention} in <#{world.channel.id}>"
    assert say(slack, world, sent).shown == "@Ana in #acme"


def test_with_blocks_the_text_is_only_the_notification(slack, world):
    message = say(slack, world, "You are paged", [section("CASE-1")])
    assert (message.text, message.shown) == ("You are paged", "CASE-1")


def test_every_word_of_the_blocks_is_read_in_order(slack, world):
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "CASE-1 *raw*"}},
        {
            **section("It is down"),
            "fields": [{"type": "mrkdwn", "text": "*Severity*\nStopped"}],
        },
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "plain_text", "text": "Filed by Carla"}]},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "ack",
                    "text": {"type": "plain_text", "text": "Acknowledge"},
                    "confirm": {
                        key: {"type": "plain_text", "text": "hidden"}
                        for key in ("title", "text", "confirm", "deny")
                    },
                }
            ],
        },
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": "by "},
                        {"type": "user", "user_id": world.ana.id},
                    ],
                }
            ],
        },
    ]
    assert say(slack, world, blocks=blocks).shown.splitlines() == [
        "CASE-1 *raw*",
        "It is down",
        "Severity",
        "Stopped",
        "Filed by Carla",
        "Acknowledge",
        "by @Ana",
    ]


@pytest.mark.parametrize(
    ("template", "chicago", "berlin"),
    [
        ("{date_num} {time}", "2026-11-20 9:05 PM", "2026-11-21 4:05 AM"),
        ("{date_short_pretty} at {time_secs}", "today at 9:05:00 PM", "tomorrow at 4:05:00 AM"),
        ("{date_long}", "Friday, November 20th", "Saturday, November 21st"),
        ("{ago}", "in 8 hours", "in 8 hours"),
        ("{date} {nonsense}", "November 20th {nonsense}", "November 21st {nonsense}"),
    ],
)
def test_dates_stand_in_the_zone_of_the_reader(slack, world, template, chicago, berlin):
    unix = int(datetime(2026, 11, 21, 3, 5, tzinfo=UTC).timestamp())
    message = say(slack, world, f"<!date^{unix}^due {template}^https://x.example|21 Nov 03:05 UTC>")
    assert message.shown_to(world.ana) == f"due {chicago}"
    assert message.shown_to(world.carla) == f"due {berlin}"


def test_a_date_half_a_year_away_names_its_year(slack, world):
    unix = int(datetime(2027, 7, 2, 12, tzinfo=UTC).timestamp())
    assert say(slack, world, f"<!date^{unix}^{{date_short}}|x>").shown == "Jul 2, 2027"


@pytest.mark.parametrize(
    ("blocks", "live"),
    [
        ([section("<!channel> down")], True),
        ([section("&lt;!channel&gt; down")], False),
        ([section("@here down")], True),
        ([section("@here down", verbatim=True)], False),
        ([section("mail me@here.example")], False),
        ([{"type": "header", "text": {"type": "plain_text", "text": "<!channel> @here"}}], False),
        (
            [
                {
                    "type": "rich_text",
                    "elements": [
                        {
                            "type": "rich_text_section",
                            "elements": [{"type": "broadcast", "range": "here"}],
                        }
                    ],
                }
            ],
            True,
        ),
    ],
    ids=["token", "escaped", "bare", "verbatim", "address", "plain", "rich"],
)
def test_live_broadcasts_ping_the_members_of_the_channel(ws, slack, world, blocks, live):
    message = say(slack, world, blocks=blocks)
    assert message.pings(world.ana) is live
    assert (message in world.carla.notifications) is live
    assert not message.pings(ws.add_person("Stranger"))


def test_a_mention_pings_only_its_person_wherever_it_stands(slack, world):
    for message in (
        say(slack, world, f"see {world.ana.mention}"),
        say(slack, world, blocks=[section(f"see <@{world.ana.id}|Ana>")]),
    ):
        assert message.pings(world.ana)
        assert not message.pings(world.carla)


def test_typed_mark_up_is_harmless(world):
    message = world.carla.post(world.channel, "<!channel> <@UNOBODY> *hi*")
    assert message.text == "&lt;!channel&gt; &lt;@UNOBODY&gt; *hi*"
    assert not message.pings(world.ana)
