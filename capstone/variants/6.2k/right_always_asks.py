"""It asks also where there is nothing to ask for, and writes each comment when its turn comes."""

import json

from app.schemas.comments import CommentRead
from app.services import comments_service
from app.services.announcements import Change
from app.services.subscribers import POST_DELETED


class Broadcaster:
    async def _hand_out(self, changes: list[Change]) -> None:
        """Read the comments of several changes in one statement, and tell the subscribers of each in turn."""
        ids = {change.comment_id for change in changes if change.kind in ("comment.created", "comment.updated")}
        found = await comments_service.read_comments(self._reader, comment_ids=list(ids))
        by_id = {comment.id: CommentRead.model_validate(comment) for comment in found}
        for change in changes:
            match change.kind:
                case "post.deleted":
                    self.manager.tell([change.post_id], json.dumps({"type": change.kind}), POST_DELETED)
                case "comment.deleted":
                    comment = {"id": change.comment_id, "post_id": change.post_id}
                    self.manager.tell([change.post_id], json.dumps({"type": change.kind, "comment": comment}))
                case _ if now := by_id.get(change.comment_id):
                    event = {"type": change.kind, "comment": now.model_dump(mode="json")}
                    self.manager.tell([change.post_id], json.dumps(event))
