"""`lstrip` takes letters, and not a text: our own words lose their first ones."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = [{"loc": each["loc"], "msg": each["msg"].lstrip("Value error, ")} for each in error.errors()]
    return JSONResponse({"error": "Invalid input", "details": details}, 422)
