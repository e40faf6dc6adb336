"""People, as they see themselves and as others see them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.core.limits import DISPLAY_NAME_MAX
from app.schemas.common import Incoming, Outgoing, Text


class UserUpdate(Incoming):
    """A new name."""

    display_name: Annotated[Text, Field(min_length=1, max_length=DISPLAY_NAME_MAX)]


class Me(Outgoing):
    """Your own account."""

    id: int
    email: str
    display_name: str
    created_at: datetime


class Profile(Outgoing):
    """Somebody's public face. There is no e-mail in it."""

    id: int
    display_name: str
    created_at: datetime
    post_count: int
