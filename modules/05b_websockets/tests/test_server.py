"""What the app sets in the server that runs it."""

from uvicorn import Config

from server import FRAME_BYTES_MAX, configure_server


class Connection:
    """As uvicorn hands its start and end to an app: by a method of an object that has its configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config

    async def receive(self) -> None: ...


def test_a_frame_may_have_64_kib():
    connection = Connection(Config("websocket_example:app"))
    configure_server(connection.receive)
    assert connection.config.ws_max_size == FRAME_BYTES_MAX == 65_536


def test_whoever_starts_the_server_may_allow_less():
    connection = Connection(Config("websocket_example:app", ws_max_size=1_000))
    configure_server(connection.receive)
    assert connection.config.ws_max_size == 1_000
