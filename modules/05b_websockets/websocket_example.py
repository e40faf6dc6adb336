"""WebSockets: an echo, and rooms that span processes.

Start it with: uvicorn websocket_example:app --timeout-graceful-shutdown 5
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI, WebSocket

from errors import install_error_handlers
from rooms import endpoint, members
from rooms.frames import error_frame, receive_text
from rooms.origins import check_origin
from rooms.postgres import NoDatabase
from rooms.service import Rooms
from rooms.subscriber import GONE
from server import App
from settings import Settings, load_settings, refuse_to_start

HERE = Path(__file__).parent


async def health() -> dict[str, bool]:
    """Whether the process is up. It never touches the database."""
    return {"ok": True}


async def notify(ws: WebSocket) -> None:
    """Send each text back: `hello` becomes `Echo: hello`."""
    await ws.accept()
    try:
        while True:
            data = await receive_text(ws)
            await ws.send_text(error_frame("Send text frames") if data is None else f"Echo: {data}")
    except GONE:
        pass


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Connect to the other processes, and at the end disconnect from them."""
    try:
        async with app.state.rooms.running():
            yield
    except NoDatabase as error:
        refuse_to_start(str(error))


def create_app(settings: Settings) -> FastAPI:
    """The app. It connects to nothing before its start."""
    app = App(
        title="05b: WebSockets",
        lifespan=lifespan,
        max_body_size=2_000_000,
        generate_unique_id_function=lambda route: route.name,  # the names of a generated client's functions
    )
    app.state.settings = settings
    app.state.rooms = Rooms(settings)
    app.get("/health")(health)
    app.head("/health", include_in_schema=False)(health)
    app.websocket("/ws/notify", dependencies=[Depends(check_origin)])(notify)
    app.include_router(endpoint.router)
    app.include_router(members.router)
    install_error_handlers(app)
    app.frontend("/", directory=HERE / "static", fallback=None)  # the page: index.html and what it loads
    return app


app = create_app(load_settings())
