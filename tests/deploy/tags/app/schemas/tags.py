"""What a tag looks like."""

from typing import Annotated

from pydantic import Field

from app.models.tag import TAG_MAX

TagName = Annotated[str, Field(min_length=1, max_length=TAG_MAX, pattern="^[a-z0-9-]+$", examples=["river"])]
