"""Plain conditions, and the event is put together before it is written."""

import json

from app.schemas.comments import CommentRead
from app.services import comments_service
from app.services.announcements import Change
from app.services.subscribers import POST_DELETED


class Broadcaster:
    async def _hand_out(self, changes: list[Change]) -> None:
        """Read the comments of several changes in one statement, and tell the subscribers of each in turn."""
        ids = {change.comment_id for change in changes if change.kind in ("comment.created", "comment.updated")}
        found = await comments_service.read_comments(self._reader, comment_ids=sorted(ids)) if ids else []
        as_json = {comment.id: CommentRead.model_validate(comment).model_dump_json() for comment in found}
        for change in changes:
            if change.kind == "post.deleted":
                self.manager.tell([change.post_id], json.dumps({"type": change.kind}), POST_DELETED)
                continue
            if change.kind == "comment.deleted":
                comment = {"id": change.comment_id, "post_id": change.post_id}
            elif change.comment_id in as_json:
                comment = json.loads(as_json[change.comment_id])
            else:
                continue
            self.manager.tell([change.post_id], json.dumps({"type": change.kind, "comment": comment}))
