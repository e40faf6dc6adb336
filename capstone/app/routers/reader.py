"""The pages: files that a browser gets as they are. All that they show, they fetch from the API."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.staticfiles import StaticFiles

STATIC = Path(__file__).parents[2] / "static"
# FastAPI's own `frontend("/")` would serve these files too, but then every unknown path is looked up on the disk, and
# a POST to one of them, or `/app.js/`, isn't answered as everything else is here.
# The package has Swagger UI and Redoc, so that the API's documentation needs no other host.
files = StaticFiles(directory=STATIC, packages=[("fastapi_offline", "static")])

# What a browser may do on this page. No script and no style but our files, so text that slips through as HTML is dead:
# `onclick=` and `<script>` are not run. Nothing comes from other hosts or goes there, and nobody frames the page.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",  # the WebSocket too
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",  # `innerHTML = ...` is an error, where the browser knows this
    "trusted-types": "'none'",
}
# Swagger UI and Redoc write styles into the page, draw data: images, and search in a worker made of a blob. None of it
# is a script of somebody else's. They also make HTML of text, so the browser's check of that is left out.
DOCUMENTATION_POLICY = {name: source for name, source in POLICY.items() if "trusted-types" not in name} | {
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "worker-src": "blob:",
}
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # ask each time; the answer is a 304 of no length while the file is the same
}

PAGES = {
    "/": ("index.html", POLICY),
    "/docs": ("docs.html", DOCUMENTATION_POLICY),
    "/redoc": ("redoc.html", DOCUMENTATION_POLICY),
}

router = APIRouter(include_in_schema=False)


async def send_file(name: str, request: Request, policy: Mapping[str, str] = POLICY) -> Response:
    """Answer with a file, and with what a browser may do on the page that it is."""
    # These files are small, and sent whole. To a wrong Range they would answer with a text that is no problem document.
    request.scope["headers"] = [header for header in request.scope["headers"] if header[0] != b"range"]
    response = await files.get_response(name, request.scope)
    policy_text = "; ".join(f"{directive} {source}" for directive, source in policy.items())
    response.headers.update(HEADERS | {"Content-Security-Policy": policy_text})
    return response


async def read_page(request: Request) -> Response:
    """The reader's page, and the API's documentation: to try out, and to read."""
    name, policy = PAGES[request.scope["route"].path]
    return await send_file(name, request, policy)


async def read_file(name: str, request: Request) -> Response:
    """One of the files that the pages are made of."""
    return await send_file(name, request)


for path in PAGES:
    router.add_api_route(path, read_page, methods=["GET", "HEAD"])
router.add_api_route("/static/{name}", read_file, methods=["GET", "HEAD"])
