"""Answers to those who call Casebell by name or write to it: how a case is opened."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.conversation import Said
from bot.domain.outbox import Draft, MessageKind
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.installed import Installed
from bot.services.threads import Threads


@dataclass(frozen=True)
class Invitations:
    """The use cases of a mention and of a DM. Slack repeats events; each is answered once."""

    desk: Desk
    directory: Directory
    threads: Threads
    installed: Installed

    def mentioned(self, event_id: str, said: Said) -> None:
        """Somebody called Casebell in a channel; in a case's thread, they talk about that case.

        Raises:
            NotReadyError: the thread may be a case's; after it, Slack repeats the event.
        """
        if self.threads.case_of(said) is None:
            self._invite(event_id, said, thread_ts=said.thread_ts)

    def wrote_directly(self, event_id: str, said: Said) -> None:
        """Somebody wrote to Casebell alone, about no case that it knows.

        Raises:
            SlackError: Slack does not tell who they are.
        """
        if self.directory.is_stranger(said.author):
            return  # nobody's customer any more, and Slack takes no answer to them
        in_thread = said.thread_ts != said.ts
        self._invite(event_id, said, thread_ts=said.thread_ts if in_thread else None)

    def _words(self, said: Said) -> str:
        return self.directory.readable(self.installed.without_copies(said.text))

    def _invite(self, event_id: str, said: Said, *, thread_ts: str | None) -> None:
        """Answer with the button; what they wrote is filled into the form that it opens."""
        now, words = self.desk.clock.now(), self._words(said)
        answers = self.desk.policy.form.from_words(words)
        key = f"said:{said.channel_id}:{said.ts}" if answers else ""
        with self.desk.store.transaction() as tx:
            if not tx.first_time(event_id, now):
                return
            if key:
                tx.submissions.save_draft(key, said.author, answers, now)
            told = Draft(
                kind=MessageKind.INVITATION,
                subject=f"said:{said.channel_id}:{said.ts}",
                dedupe_key=f"invitation:{said.channel_id}:{said.ts}",
                due_at=now,
                facts={"key": key, "user": said.author.user_id},
                channel_id=said.channel_id,
                thread_ts=thread_ts,
            )
            tx.outbox.add(told, now)
