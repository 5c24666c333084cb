"""Providers that are asked when the active one of their mode gives no first token.

An active row may have a place in that order too: it is asked first as long as it is active, and in its place when
another row becomes active. Nothing here needs new grants: the app's role has its rights on the whole table.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    """
    ALTER TABLE llm_providers
        ADD COLUMN fallback_order integer CONSTRAINT llm_providers_fallback_order_check CHECK (fallback_order > 0),
        ADD CONSTRAINT llm_providers_fallback_order_key UNIQUE (mode, fallback_order) DEFERRABLE
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE llm_providers DROP COLUMN fallback_order")
