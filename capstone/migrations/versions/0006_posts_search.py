"""an index to search posts with

The index holds what `post_words` makes of a post: its words. The marks that PostgreSQL takes for parts of addresses,
paths and tags become spaces first: it would try every reading of "a_a_a_a_" without end.

It is a function for the sake of COST. Finding the words of a long post takes far longer than reading it, and a planner
that does not know finds them in every post anew, instead of reading the index, as long as the posts are few.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


POST_WORDS = """
CREATE OR REPLACE FUNCTION post_words(title varchar, body text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
BEGIN
    RETURN to_tsvector('english', translate(title || ' ' || body, '_-+./~@<>&', '          '));
END
$$
"""


def upgrade() -> None:
    # CONCURRENTLY lets people write meanwhile, and works only outside a transaction. It waits for whoever is in one,
    # and nobody waits for it: so it may wait longer than for a lock that holds others up. One that was cut off leaves
    # an index behind that is not valid, and the next attempt begins by clearing that away.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_posts_search")
        op.execute(POST_WORDS)
        op.execute("CREATE INDEX CONCURRENTLY ix_posts_search ON posts USING gin (post_words(title, body))")
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_posts_search")
        op.execute("DROP FUNCTION IF EXISTS post_words")
        op.execute("SET lock_timeout = '3s'")
