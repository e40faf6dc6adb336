"""Put on the path of a server whose SQL statements are to be seen: Python runs this file at its start.

It notes each statement that SQLAlchemy sends, one JSON string a line, in the file that COURSE_STATEMENTS names.
"""

import json
import os

from sqlalchemy import event
from sqlalchemy.engine import Engine

_file = os.open(os.environ["COURSE_STATEMENTS"], os.O_WRONLY | os.O_APPEND)  # one line at once, whichever worker writes


@event.listens_for(Engine, "before_cursor_execute")
def _note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    os.write(_file, json.dumps(statement).encode() + b"\n")
