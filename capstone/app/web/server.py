"""What uvicorn takes from its command line alone, set by the app as it starts."""

import logging
import os
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.config.settings import Settings
from app.web.responses import completed

FRAME_BYTES_MAX = 64 * 1024  # what a subscriber of a post says is dropped, so there is no need for more
VARIABLES_OF_HOSTS = ("RAILWAY_", "FLY_", "RENDER", "DYNO", "K_SERVICE")

logger = logging.getLogger(__name__)


def configure_server(receive: Receive) -> None:
    """Let uvicorn close a WebSocket with 1009 as soon as a frame says that it is over FRAME_BYTES_MAX.

    And let it believe nobody's X-Forwarded-For unless FORWARDED_ALLOW_IPS names somebody. This reaches for uvicorn's
    own configuration, which each connection reads as it begins; other servers have none there.
    """
    config = getattr(getattr(receive, "__self__", None), "config", None)
    if isinstance(config, Config):
        config.ws_max_size = min(config.ws_max_size, FRAME_BYTES_MAX)
        proxied = getattr(config, "loaded_app", None)
        named = config.forwarded_allow_ips != "127.0.0.1,::1" or "FORWARDED_ALLOW_IPS" in os.environ
        if isinstance(proxied, ProxyHeadersMiddleware) and not named:
            config.loaded_app = proxied.app


class App(FastAPI):
    """FastAPI that configures its server first, as no middleware can, and describes its answers whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            configure_server(receive)
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return completed(super().openapi())


def warn_of_untrusted_proxy(settings: Settings) -> None:
    """Log a warning where a host's proxy stands before the app, and its word on who the client is is not believed."""
    if settings.trusted_proxies or "FORWARDED_ALLOW_IPS" in os.environ:
        return
    if seen := next((name for name in os.environ if name.startswith(VARIABLES_OF_HOSTS)), None):
        logger.warning(
            "%s says that a host runs this, and TRUSTED_PROXIES is not set: all clients share the proxy's address, so "
            "one client's wrong passwords lock an account for everybody. Set it to the network of the host's proxies",
            seen,
        )
