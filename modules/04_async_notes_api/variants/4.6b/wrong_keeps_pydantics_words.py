"""Before each text of ours stands pydantic's "Value error," and a space."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = [{"loc": each["loc"], "msg": each["msg"]} for each in error.errors()]
    return JSONResponse({"error": "Invalid input", "details": details}, 422)
