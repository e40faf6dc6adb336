"""Is the process up?"""

from fastapi import APIRouter

router = APIRouter(tags=["health"])


@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict[str, bool]:
    """Say that the process is up: {"ok": true}. It does not ask the database: a host restarts what is not healthy."""
    return {"ok": True}
