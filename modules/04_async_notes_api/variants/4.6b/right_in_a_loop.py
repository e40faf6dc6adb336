"""One problem after the other, the text of ours cut where it begins."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = []
    for problem in error.errors():
        message = problem["msg"].split("Value error, ")[-1]
        details.append(dict(loc=problem["loc"], msg=message))  # noqa: C408
    return JSONResponse(status_code=422, content={"error": "Invalid input", "details": details})
