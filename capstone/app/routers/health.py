"""Is the process up, and is it ready?"""

from fastapi import APIRouter, Request

from app.database.migrations import READY_SECONDS, check_ready
from app.database.session import SessionDep
from app.web.responses import problems

router = APIRouter(tags=["health"])


@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict[str, bool]:
    """Say that the process is up: {"ok": true}. It does not ask the database: a host restarts what is not healthy."""
    return {"ok": True}


@router.head("/health/ready", include_in_schema=False)
@router.get("/health/ready", responses=problems(503))
async def ready(request: Request, session: SessionDep) -> dict[str, bool]:
    """The database answers, has every migration that this code needs, and tells this process of changes."""
    await check_ready(session, request.app.state.revisions)
    await request.app.state.broadcaster.check_hears(seconds=READY_SECONDS / 2)  # sooner than the session is over
    return {"ok": True}
