"""an index to search posts with

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # CONCURRENTLY lets people write meanwhile, and works only outside a transaction. It waits for whoever is in one,
    # and nobody waits for it: so it may wait longer than for a lock that holds others up. One that was cut off leaves
    # an index behind that is not valid, and the next attempt begins by clearing that away.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_posts_search")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_posts_search ON posts USING gin "
            "(to_tsvector('english', translate(title || ' ' || body, '_-+./~@<>&', '          ')))"
        )
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_posts_search")
        op.execute("SET lock_timeout = '3s'")
