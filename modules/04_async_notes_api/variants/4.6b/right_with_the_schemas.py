"""The body made by its schema, and what stands before a text of ours taken off by a regular expression."""

import re

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from core.errors import InvalidField, InvalidInput


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    fields = [
        InvalidField(loc=list(each["loc"]), msg=re.sub("^Value error, ", "", each["msg"])) for each in error.errors()
    ]
    return JSONResponse(InvalidInput(error="Invalid input", details=fields).model_dump(), status_code=422)
