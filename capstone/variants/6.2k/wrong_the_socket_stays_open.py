"""Whoever reads a post that is deleted goes on waiting."""

import json

from app.schemas.comments import CommentRead
from app.services import comments_service
from app.services.announcements import Change


class Broadcaster:
    async def _hand_out(self, changes: list[Change]) -> None:
        """Read the comments of several changes in one statement, and tell the subscribers of each in turn."""
        ids = {change.comment_id for change in changes if change.kind in ("comment.created", "comment.updated")}
        found = await comments_service.read_comments(self._reader, comment_ids=sorted(ids)) if ids else []
        as_json = {comment.id: CommentRead.model_validate(comment).model_dump_json() for comment in found}
        for change in changes:
            match change.kind:
                case "post.deleted":
                    self.manager.tell([change.post_id], json.dumps({"type": change.kind}))
                case "comment.deleted":
                    comment = {"id": change.comment_id, "post_id": change.post_id}
                    self.manager.tell([change.post_id], json.dumps({"type": change.kind, "comment": comment}))
                case _ if comment_now := as_json.get(change.comment_id):  # else it was deleted meanwhile
                    self.manager.tell([change.post_id], f'{{"type":"{change.kind}","comment":{comment_now}}}')
