"""Files in messages: whole at home, stubs in what other organisations read, files.info for both."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from small_bot import manifest_without, refusal

from bot.sandbox import Workspace

STUB = {"mode": "file_access", "file_access": "check_file_info", "created": 0, "timestamp": 0}


@pytest.fixture
def desk(ws, world):
    """A channel of the home workspace alone."""
    return ws.add_channel("desk", members=[world.ana, ws.bot])


def test_a_file_at_home_is_told_whole(ws, bot, world, desk):
    message = world.ana.upload(desk, "screen.PNG", size=2048, text="see & tell")
    ws.settle()
    (event,) = bot.events
    assert (event["type"], event["subtype"], event["ts"]) == ("message", "file_share", message.ts)
    assert event["text"] == "see &amp; tell"
    (file,) = event["files"]
    assert (file["name"], file["title"], file["mode"]) == ("screen.PNG", "screen.PNG", "hosted")
    assert (file["mimetype"], file["filetype"], file["size"]) == ("image/png", "png", 2048)
    assert file["user"] == world.ana.id
    assert file["id"] in file["permalink"]
    assert file["id"] in file["url_private"]


def test_where_another_organisation_reads_along_an_event_tells_only_the_id(ws, bot, slack, world):
    message = world.carla.upload(world.channel, "log.txt")
    world.carla.upload(world.carla.dm, "log.txt")
    ws.settle()
    in_channel, in_dm = bot.events
    assert in_channel["files"] == [{"id": message.files[0].id, "user": "", **STUB}]
    assert in_dm["files"][0].items() >= STUB.items()
    (shown,) = slack.conversations_history(channel=world.channel.id)["messages"]
    assert shown["files"][0]["name"] == "log.txt"


def test_a_change_of_a_message_in_a_shared_channel_tells_only_the_ids_of_its_files(ws, bot, world):
    message = world.carla.upload(world.channel, "log.txt", text="the lgo")
    world.carla.edit(message, "the log")
    world.carla.delete(message)
    ws.settle()
    _, changed, deleted = bot.events
    assert changed["message"]["text"] == "the log"
    told = (changed["message"], changed["previous_message"], deleted["previous_message"])
    for shape in told:
        assert shape["files"][0]["file_access"] == "check_file_info"


def test_files_info_tells_the_whole_of_a_file(slack, world):
    message = world.carla.upload(world.channel, "notes", mimetype="text/x-log", size=7)
    file = slack.files_info(file=message.files[0].id)["file"]
    assert (file["name"], file["mimetype"], file["filetype"]) == ("notes", "text/x-log", "binary")
    assert (file["user"], file["user_team"]) == (world.carla.id, world.acme.id)
    assert (file["size"], file["channels"]) == (7, [world.channel.id])


def test_files_info_knows_no_file_of_where_the_bot_is_not_or_of_a_deleted_message(ws, slack, world):
    elsewhere = ws.add_channel("elsewhere", members=[world.ana])
    secret = world.ana.upload(elsewhere, "secret.txt").files[0]
    gone = world.ana.upload(world.channel, "gone.txt")
    world.ana.delete(gone)
    for file_id in (secret.id, gone.files[0].id, "F404"):
        assert refusal(slack.files_info, file=file_id) == "file_not_found"


def test_files_info_needs_its_scope():
    with Workspace(manifest_without("files:read")) as ws:
        client = WebClient(ws.bot_token, base_url=ws.api_url)
        assert refusal(client.files_info, file="F1") == "missing_scope"


def test_one_message_holds_several_files_in_a_thread_too(ws, bot, slack, world, desk):
    parent = world.ana.post(desk, "It is down")
    world.ana.upload(desk, "a.png", "b.csv", thread=parent)
    ws.settle()
    event = bot.events[-1]
    assert (event["thread_ts"], event["text"]) == (parent.ts, "")
    assert [file["name"] for file in event["files"]] == ["a.png", "b.csv"]
    reply = slack.conversations_replies(channel=desk.id, ts=parent.ts)["messages"][1]
    assert [file["name"] for file in reply["files"]] == ["a.png", "b.csv"]
    assert "subtype" not in reply


def test_a_mention_beside_a_file_is_told_with_the_file_and_without_the_subtype(
    ws, bot, world, desk
):
    world.ana.upload(desk, "a.png", text=f"{ws.bot.mention} look")
    ws.settle()
    message, mention = bot.events
    assert (message["subtype"], mention["type"]) == ("file_share", "app_mention")
    assert mention["files"] == message["files"]
    assert "subtype" not in mention


def test_an_edit_of_the_words_keeps_the_files(slack, world, desk):
    message = world.ana.upload(desk, "a.png", text="lok")
    world.ana.edit(message, "look")
    (shown,) = slack.conversations_history(channel=desk.id)["messages"]
    assert (shown["text"], shown["files"][0]["name"]) == ("look", "a.png")


def test_nobody_uploads_nothing_or_where_they_are_not(ws, world, desk):
    with pytest.raises(ValueError, match="wants a file"):
        world.ana.upload(desk)
    with pytest.raises(ValueError, match="is not in"):
        world.carla.upload(desk, "a.png")
