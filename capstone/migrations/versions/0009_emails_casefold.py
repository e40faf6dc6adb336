"""users.email in one letter case for all scripts

Lower case alone keeps the final sigma apart from the other, and ß from ss. Of several accounts that would have one
e-mail then, the first gets it, unless it is taken already: whose they are, nobody can tell from here.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FIRST = """
SELECT min(id) AS id, replace(replace(replace(email, 'ς', 'σ'), 'ß', 'ss'), 'ſ', 's') AS email
FROM users WHERE email ~ '[ςßſ]' GROUP BY 2
"""


def upgrade() -> None:
    op.execute(
        f"UPDATE users SET email = folded.email FROM ({FIRST}) AS folded WHERE users.id = folded.id"  # noqa: S608 (ours)
        " AND NOT EXISTS (SELECT FROM users AS other WHERE other.email = folded.email)"
    )


def downgrade() -> None:
    """Nothing to take back: which spelling it was is gone, and code from before finds these accounts by neither."""
