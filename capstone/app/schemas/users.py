"""People, as they see themselves and as others see them."""

from typing import Annotated

from pydantic import Field, with_config
from typing_extensions import TypedDict

from app.models.user import DISPLAY_NAME_MAX
from app.schemas.common import NO_NUL, STRICT, Count, Moment, Name, Output, RowId


@with_config(STRICT)
class UserPatch(TypedDict, total=False):
    """The fields of your account that are to change."""

    display_name: Annotated[str, Field(min_length=1, max_length=DISPLAY_NAME_MAX, pattern=NO_NUL, examples=["Ana"])]


class Me(Output):
    """Your own account."""

    id: RowId
    email: Annotated[str, Field(examples=["ana@example.com"])]
    display_name: Name
    created_at: Moment


class Profile(Output):
    """Somebody's public face. There is no e-mail in it."""

    id: RowId
    display_name: Name
    created_at: Moment
    post_count: Count
