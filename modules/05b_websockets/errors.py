"""Errors over HTTP: whatever goes wrong, the client reads the same shape, {"error": "..."}."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    """An error that the framework raised: no such path (404), not with that method (405)."""
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def unexpected_error(request: Request, error: Exception) -> JSONResponse:
    """A mistake of ours. The client learns no more than that; the server writes the traceback to its log."""
    return JSONResponse({"error": "Internal server error"}, 500)


def install_error_handlers(app: FastAPI) -> None:
    """Make these functions answer for the app."""
    app.exception_handler(HTTPException)(http_error)
    app.exception_handler(Exception)(unexpected_error)
