"""All in one text: it holds the input, and no program can read it."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    return JSONResponse({"error": "Invalid input", "details": str(error)}, 422)
