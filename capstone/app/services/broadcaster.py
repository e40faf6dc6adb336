"""Live comments: whatever happens to the comments of a post, in whatever process, its subscribers here are told."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.config.settings import Settings
from app.database.faults import is_stale_plan, is_transient
from app.database.listener import Listener
from app.database.reader import Reader
from app.errors import Unavailable
from app.schemas.comments import CommentRead
from app.services import comments_service, posts_service
from app.services.announcements import CHANNEL, Change
from app.services.subscribers import POST_DELETED, START_AGAIN, ConnectionManager, Subscriber

BACKLOG_MAX = 10_000  # changes that may wait to be handed out; further behind than that, everybody starts again

logger = logging.getLogger(__name__)


class Broadcaster:
    """The subscribers of this process, and the connection that hears of changes. A subscriber costs no connection."""

    def __init__(self, settings: Settings, reader: Reader, report: Callable[[BaseException], str | None]) -> None:
        self._settings = settings
        self._reader = reader
        self.manager = ConnectionManager()
        self._changes: asyncio.Queue[Change] = asyncio.Queue(BACKLOG_MAX)
        self._at_once = max(1, settings.client_queue_size // 8)  # far less than fills a subscriber's queue
        self._listener = Listener(settings, CHANNEL, self._start_again, self._hear, report)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen, as soon as there is a database, and hand out what is heard."""
        tasks = [asyncio.create_task(self._listener.run()), asyncio.create_task(self._hand_out_for_ever())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def check_hears(self, *, seconds: float) -> None:
        """Raise Unavailable unless this process hears of changes, or does so within that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._listener.listening.wait()
        except TimeoutError as error:
            why = f": {self._listener.fault}" if self._listener.fault else " just now. Please try again"
            raise Unavailable(f"This process does not hear of changes{why}.") from error

    @asynccontextmanager
    async def subscribed(self, post_id: int) -> AsyncIterator[Subscriber]:
        """A new subscriber of a post. Raises NotFound if there is none, and Unavailable if nothing would be heard."""
        settings = self._settings
        await self.check_hears(seconds=settings.database_request_seconds)
        subscriber = Subscriber(queue_size=settings.client_queue_size, close_seconds=settings.close_seconds)
        self.manager.add(post_id, subscriber)
        try:
            # After the subscriber is in: a post that is deleted from now on is either not found or heard of.
            await posts_service.check_exists(self._reader, post_id=post_id)
            yield subscriber
        finally:
            self.manager.remove(post_id, subscriber)

    def _hear(self, payload: str) -> None:
        try:
            change = Change.from_payload(payload)
        except ValueError:
            return
        if change.post_id in self.manager.posts():
            try:
                self._changes.put_nowait(change)
            except asyncio.QueueFull:
                self._start_again()

    def _start_again(self) -> None:
        """Send all subscribers away, so that they come back and read what they have missed."""
        while not self._changes.empty():
            self._changes.get_nowait()
        self.manager.tell(self.manager.posts(), START_AGAIN)

    async def _hand_out_for_ever(self) -> None:
        while True:
            changes = [await self._changes.get()]
            while len(changes) < self._at_once and not self._changes.empty():
                changes.append(self._changes.get_nowait())
            try:
                await self._hand_out(changes)
            except Exception as error:
                if not (is_transient(error) or is_stale_plan(error)):
                    logger.exception("A change could not be handed out")
                self.manager.tell([change.post_id for change in changes], START_AGAIN)
            await asyncio.sleep(0)  # here every subscriber's sender empties its queue

    async def _hand_out(self, changes: list[Change]) -> None:
        """Read the comments of several changes in one statement, and tell the subscribers of each in turn."""
        ids = {change.comment_id for change in changes if change.kind in ("comment.created", "comment.updated")}
        found = await comments_service.read_comments(self._reader, comment_ids=sorted(ids)) if ids else []
        as_json = {comment.id: CommentRead.model_validate(comment).model_dump_json() for comment in found}
        for change in changes:
            match change.kind:
                case "post.deleted":
                    self.manager.tell([change.post_id], json.dumps({"type": change.kind}), POST_DELETED)
                case "comment.deleted":
                    comment = {"id": change.comment_id, "post_id": change.post_id}
                    self.manager.tell([change.post_id], json.dumps({"type": change.kind, "comment": comment}))
                case _ if comment_now := as_json.get(change.comment_id):  # else it was deleted meanwhile
                    self.manager.tell([change.post_id], f'{{"type":"{change.kind}","comment":{comment_now}}}')
