"""What uvicorn takes from its command line alone, set by the app as it starts."""

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send
from uvicorn import Config

FRAME_BYTES_MAX = 64 * 1024  # far more than a text of 4,096 bytes takes, however its JSON is written


def configure_server(receive: Receive) -> None:
    """Let uvicorn close a connection with 1009 as soon as a frame says that it is over FRAME_BYTES_MAX.

    By default it gathers 16 MB for each client before the app sees a byte. ASGI has no message for this, so it reaches
    for uvicorn's own configuration, which each connection reads as it begins. Other servers have none there.
    """
    config = getattr(getattr(receive, "__self__", None), "config", None)
    if isinstance(config, Config):
        config.ws_max_size = min(config.ws_max_size, FRAME_BYTES_MAX)


class App(FastAPI):
    """FastAPI that configures its server first. No middleware can: FastAPI wraps what it hands to them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            configure_server(receive)
        await super().__call__(scope, receive, send)
