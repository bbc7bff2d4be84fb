"""Files that people attach to messages: https://docs.slack.dev/reference/objects/file-object."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.model import Json, User

_UNKNOWN = "application/octet-stream"


@dataclass(eq=False, frozen=True)
class File:
    """An uploaded file; nobody keeps its bytes.

    Args:
        size: in bytes.
        created: Unix seconds.
    """

    id: str
    name: str
    mimetype: str
    size: int
    owner: User
    created: int

    @property
    def filetype(self) -> str:
        """The end of the name, as Slack sorts files by it."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else "binary"


def mimetype_of(name: str) -> str:
    """What a file of this name is taken for."""
    return mimetypes.guess_type(name)[0] or _UNKNOWN


def whole(file: File) -> Json:
    """The file as files.info gives it; its urls lead nowhere."""
    team, owner = file.owner.team, file.owner
    place = f"https://files.slack.com/files-pri/{team.id}-{file.id}"
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.name,
        "mimetype": file.mimetype,
        "filetype": file.filetype,
        "pretty_type": file.filetype.upper(),
        "user": owner.id,
        "user_team": team.id,
        "mode": "hosted",
        "size": file.size,
        "is_external": False,
        "is_public": False,
        "url_private": f"{place}/{file.name}",
        "url_private_download": f"{place}/download/{file.name}",
        "permalink": f"https://{team.domain}.slack.com/files/{owner.id}/{file.id}/{file.name}",
    }


def stub(file: File) -> Json:
    """All that an event tells of a file where another organisation reads along.

    files.info has the rest: https://docs.slack.dev/apis/slack-connect
    """
    return {
        "id": file.id,
        "mode": "file_access",
        "file_access": "check_file_info",
        "created": 0,
        "timestamp": 0,
        "user": "",
    }
