"""What uvicorn takes from its command line alone, set by the app as it starts."""

import gc
import logging
import os

from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.config.settings import Settings

FRAME_BYTES_MAX = 64 * 1024  # what a watcher of a post says is dropped, so there is no need for more
TRUSTED_BY_DEFAULT = "127.0.0.1,::1"
VARIABLES_OF_HOSTS = ("RAILWAY_", "FLY_", "RENDER", "DYNO", "K_SERVICE")

logger = logging.getLogger(__name__)


def configure_server(app: ASGIApp) -> None:
    """Bound the frames of WebSockets, and trust nobody's X-Forwarded-For unless FORWARDED_ALLOW_IPS names somebody.

    uvicorn tells an app nothing of its configuration, so it is looked for. Another server has none, and its own limits.
    """
    for config in [each for each in gc.get_objects() if type(each) is Config and each.loaded]:
        proxied = isinstance(config.loaded_app, ProxyHeadersMiddleware)
        if app is not (config.loaded_app.app if proxied else config.loaded_app):
            continue
        config.ws_max_size = min(config.ws_max_size, FRAME_BYTES_MAX)
        if proxied and config.forwarded_allow_ips == TRUSTED_BY_DEFAULT:
            config.loaded_app = app


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
