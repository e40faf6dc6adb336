"""how many comments a post has, and how many posts somebody has

They are counted as rows come and go, by triggers: so also by code from before this migration, and by a cascade. A list
of posts then costs the same however much was said to them. Rows from before are counted by the next migration.

Who counts locks the row with the count first: BEFORE the insert, since the foreign key's own lock is a weaker one, and
two that both hold that and want more are in a deadlock. The order is posts, users, comments, everywhere.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COUNTS = (("comments", "posts", "post_id", "comment_count"), ("posts", "users", "author_id", "post_count"))

STATEMENTS = (
    "ALTER TABLE {parents} ADD COLUMN IF NOT EXISTS {count} bigint DEFAULT 0 NOT NULL",
    """
    CREATE OR REPLACE FUNCTION count_{rows}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            UPDATE {parents} SET {count} = {count} + 1 WHERE id = NEW.{key};
            RETURN NEW;
        END IF;
        UPDATE {parents} SET {count} = {count} - gone.number
            FROM (SELECT {key}, count(*) AS number FROM deleted GROUP BY {key}) AS gone
            WHERE {parents}.id = gone.{key};
        RETURN NULL;
    END
    $$
    """,
    "CREATE OR REPLACE TRIGGER count_in BEFORE INSERT ON {rows} FOR EACH ROW EXECUTE FUNCTION count_{rows}()",
    # Once for all rows of a statement: whoever deletes an account may have written ten thousand comments to one post.
    "CREATE OR REPLACE TRIGGER count_out AFTER DELETE ON {rows} REFERENCING OLD TABLE AS deleted"
    " FOR EACH STATEMENT EXECUTE FUNCTION count_{rows}()",
)


def upgrade() -> None:
    # Each statement is a transaction, so that it waits for one table and holds none: a request that reads several
    # tables would wait for it, and it for the request. One that was cut off begins again.
    with op.get_context().autocommit_block():
        for rows, parents, key, count in COUNTS:
            for statement in STATEMENTS:
                op.execute(statement.format(rows=rows, parents=parents, key=key, count=count))


def downgrade() -> None:
    for rows, parents, _, count in COUNTS:
        op.execute(f"DROP TRIGGER IF EXISTS count_in ON {rows}")
        op.execute(f"DROP TRIGGER IF EXISTS count_out ON {rows}")
        op.execute(f"DROP FUNCTION IF EXISTS count_{rows}")
        op.drop_column(parents, count)
