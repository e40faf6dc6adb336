"""count the comments and posts from before there were triggers

A thousand rows at a time, each a transaction: nobody waits for more. It can be cut off, and begins again.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTS = (("comments", "posts", "post_id", "comment_count"), ("posts", "users", "author_id", "post_count"))
# The second statement sees all that the lock of the first has waited for.
COUNT_OLD_ROWS = """
DO $$
DECLARE
    chosen bigint[];
    last bigint := 0;
BEGIN
    LOOP
        SELECT array_agg(id), max(id) INTO chosen, last FROM (
            SELECT id FROM {parents} WHERE id > last ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
        ) AS locked;
        EXIT WHEN chosen IS NULL;
        UPDATE {parents} SET {count} = counted.number FROM (
            SELECT {key}, count(*) AS number FROM {rows} WHERE {key} = ANY(chosen) GROUP BY {key}
        ) AS counted WHERE {parents}.id = counted.{key};
        COMMIT;
    END LOOP;
END
$$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("SET statement_timeout = 0")
        for rows, parents, key, count in COUNTS:
            op.execute(COUNT_OLD_ROWS.format(rows=rows, parents=parents, key=key, count=count))
        op.execute("SET lock_timeout = '3s'")
        op.execute("SET statement_timeout = '10min'")


def downgrade() -> None:
    """Nothing to take back: the counts go with their columns."""
