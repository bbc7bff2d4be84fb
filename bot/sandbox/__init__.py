"""A local Slack workspace over real HTTP and WebSockets: for the tests and the demo."""

from bot.sandbox.actor import Person
from bot.sandbox.channel import Channel
from bot.sandbox.exchange import Call
from bot.sandbox.faults import CutAfter, CutBefore, Hang, HttpError, RateLimited, Refused
from bot.sandbox.files import File
from bot.sandbox.interactions import Reply
from bot.sandbox.model import Conversation, Message, Team, User
from bot.sandbox.open_view import Input, OpenView
from bot.sandbox.other_bot import OtherBot
from bot.sandbox.submission import Outcome, Submission
from bot.sandbox.workspace import Workspace

__all__ = [
    "Call",
    "Channel",
    "Conversation",
    "CutAfter",
    "CutBefore",
    "File",
    "Hang",
    "HttpError",
    "Input",
    "Message",
    "OpenView",
    "OtherBot",
    "Outcome",
    "Person",
    "RateLimited",
    "Refused",
    "Reply",
    "Submission",
    "Team",
    "User",
    "Workspace",
]
