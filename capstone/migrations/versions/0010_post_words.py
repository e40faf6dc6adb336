"""words of a post end at the marks of every script

Where a database's locale is C, PostgreSQL takes every character that is not ASCII for a letter, and a word between “
and ” was never found. A query ends its words at the same marks: `words_of` in the service.

Revision ID: 0010
Revises: 0009
"""

from unicodedata import category

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

POST_WORDS = """
CREATE OR REPLACE FUNCTION post_words(title varchar, body text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
BEGIN
    RETURN to_tsvector('english', {});
END
$$
"""
AT_ASCII_MARKS = "translate(title || ' ' || body, '_-+./~@<>&', '          ')"


def marks() -> str:
    """Return all marks and spaces but the one of ASCII, as a regular expression of PostgreSQL's writes them."""
    found = [mark for mark in range(0x21, 0x1_0000) if category(chr(mark))[0] in "PZ" or chr(mark) in "$+<=>^`|~"]
    return "".join(f"\\u{mark:04x}" for mark in found)


def replace(text: str) -> None:
    # In the place of the old one, whose index goes on being asked: until it is made anew it finds what it did.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute(POST_WORDS.format(text))
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_posts_search_ccnew")  # of an attempt that was cut off
        op.execute("REINDEX INDEX CONCURRENTLY ix_posts_search")
        op.execute("SET lock_timeout = '3s'")


def upgrade() -> None:
    replace(f"regexp_replace(title || ' ' || body, '[{marks()}]', ' ', 'g')")


def downgrade() -> None:
    replace(AT_ASCII_MARKS)
