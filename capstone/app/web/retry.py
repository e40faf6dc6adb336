"""A request whose prepared statement a migration made stale is run again."""

from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.database.faults import is_stale_plan
from app.errors import Unavailable
from app.web.error_handlers import problem

STALE_PLAN_ATTEMPTS = 3  # the first failure makes SQLAlchemy forget all plans; the third is for a second migration


class RetryStalePlans:
    """Runs a request again whose prepared statement a migration made stale. Its transaction was rolled back."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        at_first, read, again = dict(scope), list[Message](), list[Message]()

        async def receive_noted() -> Message:
            if again:
                return again.pop(0)
            read.append(await receive())
            return read[-1]

        for _ in range(STALE_PLAN_ATTEMPTS):
            try:
                await self.app(scope, receive_noted, send)
                return
            except DBAPIError as error:
                if not is_stale_plan(error):
                    raise
                scope.clear()
                scope.update(at_first)
                again[:] = read
        await problem(503, Unavailable().message, headers=Unavailable.headers)(scope, receive, send)
