"""Operators, their roles and sessions, and an audit trail that nobody can change.

Revision ID: c80e5a1f92d4
Revises: f3b1a6c09d27
Create Date: 2026-11-26 20:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c80e5a1f92d4"
down_revision = "f3b1a6c09d27"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

ON_SQLITE = (
    """
    CREATE TRIGGER audit_events_never_change BEFORE UPDATE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
    """,
    """
    CREATE TRIGGER audit_events_stay BEFORE DELETE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
    """,
)

ON_POSTGRESQL = (
    """
    CREATE FUNCTION refuse_change_of_trail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "CREATE TRIGGER audit_events_never_change BEFORE UPDATE OR DELETE ON audit_events "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_trail()",
    "CREATE TRIGGER audit_events_stay_all BEFORE TRUNCATE ON audit_events "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_trail()",
)


def upgrade():
    op.create_table(
        "operators",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(254), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(300), nullable=False),
        sa.Column("factor", sa.String(300), nullable=False),
        sa.Column("factor_step", sa.BigInteger(), nullable=False),
        sa.Column("link_hash", sa.String(64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("removed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_operators"),
        sa.UniqueConstraint("login", name="uq_operators_login"),
    )
    _add_roles_and_sessions()
    _add_tries()
    op.create_table(
        "audit_events",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("who", sa.String(254), nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("about", sa.String(300), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_audit_events_operator_id_operators"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_operator_id", "audit_events", ["operator_id"])
    for statement in ON_SQLITE if op.get_bind().dialect.name == "sqlite" else ON_POSTGRESQL:
        op.execute(statement)


def _add_roles_and_sessions():
    def belongs_to(table):
        return sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=f"fk_{table}_operator_id_operators", ondelete="CASCADE"
        )

    op.create_table(
        "operator_roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(10), nullable=False),
        belongs_to("operator_roles"),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            ["newsletters.id"],
            name="fk_operator_roles_newsletter_id_newsletters",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_operator_roles"),
        sa.UniqueConstraint("operator_id", "newsletter_id", name="uq_operator_roles_operator_id_newsletter_id"),
    )
    of_house = sa.text("newsletter_id IS NULL")
    op.create_index(
        "ix_operator_roles_house",
        "operator_roles",
        ["operator_id"],
        unique=True,
        sqlite_where=of_house,
        postgresql_where=of_house,
    )
    op.create_table(
        "operator_sessions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("browser", sa.String(300), nullable=False),
        belongs_to("operator_sessions"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_sessions"),
        sa.UniqueConstraint("key_hash", name="uq_operator_sessions_key_hash"),
    )
    op.create_index("ix_operator_sessions_operator_id", "operator_sessions", ["operator_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("code_key", sa.String(32), nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        belongs_to("recovery_codes"),
        sa.PrimaryKeyConstraint("operator_id", "code_key", name="pk_recovery_codes"),
    )


def _add_tries():
    op.create_table(
        "login_tries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("login_key", sa.String(32), nullable=False),
        sa.Column("network", sa.String(45), nullable=False),
        sa.Column("has_failed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_tries"),
    )
    op.create_index("ix_login_tries_at", "login_tries", ["at"])
    failed = sa.text("has_failed")
    for name, column in (("login", "login_key"), ("network", "network")):
        op.create_index(
            f"ix_login_tries_{name}",
            "login_tries",
            [column, "at"],
            sqlite_where=failed,
            postgresql_where=failed,
        )


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_never_change")
        op.execute("DROP TRIGGER audit_events_stay")
    else:
        for name in ("never_change", "stay_all"):
            op.execute(f"DROP TRIGGER audit_events_{name} ON audit_events")
        op.execute("DROP FUNCTION refuse_change_of_trail")
    for table in (
        "audit_events",
        "login_tries",
        "recovery_codes",
        "operator_sessions",
        "operator_roles",
        "operators",
    ):
        op.drop_table(table)
