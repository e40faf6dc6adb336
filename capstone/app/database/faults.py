"""A database that will never do is told from one that is away: what is wrong with it, and what to do."""

import socket
import ssl

import asyncpg

# By the beginning of the SQLSTATE. Only those that a connection's start or a missing right leads to: no client's doing.
FAULTS = {
    "28": ("it refuses the user or the password", "Put right what stands before the @ in its address"),
    "3D": ("there is no database of this name", "CREATE DATABASE \"{database}\" ENCODING 'UTF8'"),
    "42501": (
        "the role lacks a right",
        'GRANT CREATE ON SCHEMA public TO "{role}", or make it the owner of the tables',
    ),
    "08P01": ("it refuses a start-up parameter", "Take the parameter out of its address"),
    "42704": ("it refuses a start-up parameter", "Take the parameter out of its address"),
    "22023": ("it refuses a start-up parameter", "Take the parameter out of its address"),
    "55P02": ("it refuses a start-up parameter", "Take the parameter out of its address"),
}
READ_ONLY = ("the server is read-only", "Name the server that takes writes, or wait until this one does")
NO_TLS = ("it can't be reached with the TLS that is asked for", "Put right sslmode in its address")
NO_HOST = ("its host's name is not known", "Put right the host in its address")
ENCODING = (
    "its encoding is not UTF8",
    "CREATE DATABASE \"{database}_utf8\" ENCODING 'UTF8' TEMPLATE template0, and use that",
)


class WrongEncodingError(Exception):
    """A database that can't hold every text."""


def check_encoding(connection: asyncpg.Connection) -> None:
    """Cut a connection to a database that can't hold every text. Raises WrongEncodingError."""
    encoding = getattr(connection.get_settings(), "server_encoding", "UTF8")
    if encoding != "UTF8":
        connection.terminate()
        raise WrongEncodingError(f"the database's encoding is {encoding}")


def driver_error(error: BaseException) -> BaseException:
    """Return what the driver raised, out of what SQLAlchemy made of it."""
    original = getattr(error, "orig", None) or error
    return original.__cause__ or original


def driver_words(error: BaseException) -> str:
    """Return what the driver said, on one line."""
    return " ".join(str(driver_error(error)).split())


def permanent_fault(error: BaseException) -> tuple[str, str] | None:
    """Return what is wrong with the database and what to do, if trying again can't help; else None."""
    match error := driver_error(error):
        case WrongEncodingError():
            return ENCODING
        case ssl.SSLError():
            return NO_TLS
        case socket.gaierror():
            return None if error.errno == socket.EAI_AGAIN else NO_HOST
        case ConnectionError() if "rejected SSL" in str(error):
            return NO_TLS
    state = getattr(error, "sqlstate", None) or ""
    return next((fault for start, fault in FAULTS.items() if state.startswith(start)), None)
