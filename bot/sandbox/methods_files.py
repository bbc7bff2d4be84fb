"""The Web API methods about files: https://docs.slack.dev/reference/methods/files.info."""

from __future__ import annotations

from bot.sandbox import files
from bot.sandbox.arguments import Args, Refusal
from bot.sandbox.model import Json, Kind
from bot.sandbox.state import State

_LISTED_UNDER = {
    Kind.PUBLIC: "channels",
    Kind.PRIVATE: "groups",
    Kind.DM: "ims",
    Kind.GROUP_DM: "ims",
}


def files_info(state: State, args: Args) -> Json:
    """files.info: the whole of a file that stands in a message where the bot is."""
    wanted = args.needed("file")
    for room in state.conversations.values():
        for message in room.messages if state.bot in room.members else ():
            for file in message.files:
                if file.id == wanted:
                    places: Json = {"channels": [], "groups": [], "ims": []}
                    places[_LISTED_UNDER[room.kind]].append(room.id)
                    return {"file": files.whole(file) | places, "comments": []}
    raise Refusal("file_not_found")
