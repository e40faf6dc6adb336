"""The text of the framework's exception holds the status as well: `404: Not Found`."""

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 400:  # FastAPI's word for a body that it can't read: bad input, like any other
        return JSONResponse({"error": "Invalid input", "details": [{"loc": ["body"], "msg": "Not readable"}]}, 422)
    return JSONResponse({"error": str(error)}, error.status_code, error.headers)
