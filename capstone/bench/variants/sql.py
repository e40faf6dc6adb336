"""The same questions in SQL, for the variants that do without SQLAlchemy."""

# ruff: noqa: S608 (put together from the constants here, and from nothing that a client sends)

from app.models.post import EXCERPT_LENGTH

EXCERPT = f"left(p.body, {EXCERPT_LENGTH}) AS excerpt"
ITEM = f"""
SELECT p.id, p.title, {EXCERPT}, p.author_id, u.display_name,
       (SELECT count(*) FROM comments c WHERE c.post_id = p.id) AS comment_count, p.created_at, p.updated_at
FROM posts p JOIN users u ON u.id = p.author_id
"""
PAGE = f"{ITEM} ORDER BY p.created_at DESC, p.id DESC LIMIT 20"
POST = ITEM.replace(EXCERPT, "p.body") + " WHERE p.id = $1"
INSERT = "INSERT INTO comments (post_id, author_id, body) VALUES ($1, $2, $3) RETURNING *"


def as_json(select: str, text: str) -> str:
    """A SELECT whose single value is the JSON of another one's rows, made by the database."""
    return f"""
    SELECT json_agg(json_build_object(
        'id', id, 'title', title, '{text}', {text},
        'author', json_build_object('id', author_id, 'display_name', display_name),
        'comment_count', comment_count, 'created_at', created_at, 'updated_at', updated_at))::text
    FROM ({select}) row
    """


PAGE_JSON = as_json(PAGE, "excerpt")
POST_JSON = as_json(POST, "body")
INSERT_JSON = f"""
WITH new AS ({INSERT})
SELECT json_build_object(
    'id', new.id, 'post_id', new.post_id, 'body', new.body,
    'author', json_build_object('id', u.id, 'display_name', u.display_name),
    'created_at', new.created_at, 'updated_at', new.updated_at)::text
FROM new JOIN users u ON u.id = new.author_id
"""
