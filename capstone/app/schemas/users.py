"""People, as they see themselves and as others see them."""

from typing import Annotated

from pydantic import Field

from app.limits import DISPLAY_NAME_MAX
from app.schemas.common import Count, Id, Incoming, Moment, Name, Outgoing, Text


class UserUpdate(Incoming):
    """What to change. A field that is left out stays as it is; null is not the same as left out, and is refused."""

    display_name: Annotated[Text, Field(min_length=1, max_length=DISPLAY_NAME_MAX, examples=["Ana"])] = Field(
        default_factory=str
    )


class Me(Outgoing):
    """Your own account."""

    id: Id
    email: Annotated[str, Field(examples=["ana@example.com"])]
    display_name: Name
    created_at: Moment


class Profile(Outgoing):
    """Somebody's public face. There is no e-mail in it."""

    id: Id
    display_name: Name
    created_at: Moment
    post_count: Count
