"""Is it alive, and is it ready?"""

from fastapi import APIRouter, Request

from app.database.migrations import READY_SECONDS, check_ready
from app.http.openapi import problems
from app.routers.dependencies import DatabaseDep
from app.schemas.common import Health

router = APIRouter(prefix="/health", tags=["health"])


@router.head("", include_in_schema=False)
@router.get("")
async def is_alive() -> Health:
    """The process is up. It asks nobody else: a database that is away is no reason to restart the app."""
    return Health()


@router.get("/ready", responses=problems(503))
async def is_ready(request: Request, database: DatabaseDep) -> Health:
    """The database answers, has every migration that this code needs, and tells this process of changes."""
    await check_ready(database, request.app.state.revisions)
    await request.app.state.live.check_hears(seconds=READY_SECONDS)
    return Health()
