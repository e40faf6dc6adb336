"""users.email in one letter case for all scripts

Lower case alone keeps the final sigma apart from the other, and ß from ss. Where both spellings have an account, both
stay: whose it is, nobody can tell from here.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FOLDED = "replace(replace(users.email, 'ς', 'σ'), 'ß', 'ss')"


def upgrade() -> None:
    op.execute(
        f"UPDATE users SET email = {FOLDED} WHERE email ~ '[ςß]'"  # noqa: S608 (no value in it)
        f" AND NOT EXISTS (SELECT FROM users AS other WHERE other.email = {FOLDED})"
    )


def downgrade() -> None:
    """Nothing to take back: which spelling it was is gone, and code from before finds these accounts by neither."""
