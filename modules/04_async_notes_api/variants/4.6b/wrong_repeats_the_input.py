"""The rejected password stands in the answer."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = [{"loc": each["loc"], "msg": each["msg"], "input": each["input"]} for each in error.errors()]
    return JSONResponse({"error": "Invalid input", "details": details}, 422)
