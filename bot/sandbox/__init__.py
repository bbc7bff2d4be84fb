"""A local Slack workspace over real HTTP and WebSockets: for the tests and the demo."""

from bot.sandbox.actor import Person
from bot.sandbox.channel import Channel
from bot.sandbox.faults import CutAfter, CutBefore, Hang, HttpError, RateLimited, Refused
from bot.sandbox.interactions import Reply
from bot.sandbox.model import Call, Conversation, Message, Team, User
from bot.sandbox.open_view import Input, OpenView, Outcome, Submission
from bot.sandbox.workspace import Workspace

__all__ = [
    "Call",
    "Channel",
    "Conversation",
    "CutAfter",
    "CutBefore",
    "Hang",
    "HttpError",
    "Input",
    "Message",
    "OpenView",
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
