"""Sign-ups that wait for an answer, a consent ledger nobody can change, and what subscribers may wish.

Revision ID: 4f1c7a9be320
Revises: 2b8d5f0c7a41
Create Date: 2026-11-26 09:30:00
"""

import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "4f1c7a9be320"
down_revision = "2b8d5f0c7a41"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
NEW = "verdict = 'new'"
ASKED = "verdict = 'asked'"

ON_SQLITE = (
    """
    CREATE TRIGGER {table}_never_change BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
    """
    CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} {unless}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
    """,
)

ON_POSTGRESQL = (
    """
    CREATE FUNCTION refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE FUNCTION refuse_delete_of_consent() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM subscribers WHERE id = OLD.subscriber_id) THEN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$
    """,
    "CREATE TRIGGER consent_events_never_change BEFORE UPDATE ON consent_events "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_ledger()",
    "CREATE TRIGGER consent_events_stay BEFORE DELETE ON consent_events "
    "FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_consent()",
    "CREATE TRIGGER consent_events_stay_all BEFORE TRUNCATE ON consent_events "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger()",
    "CREATE TRIGGER wordings_never_change BEFORE UPDATE OR DELETE ON wordings "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_ledger()",
    "CREATE TRIGGER wordings_stay_all BEFORE TRUNCATE ON wordings "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger()",
)

STILL_THERE = "WHEN EXISTS (SELECT 1 FROM subscribers WHERE id = OLD.subscriber_id)"


def upgrade():
    _add_tables()
    _move_wordings_and_origins()
    with op.batch_alter_table("consent_events") as table:
        table.drop_constraint("fk_consent_events_edition_id_editions", type_="foreignkey")
        table.drop_column("ip")
        table.drop_column("user_agent")
        table.drop_column("wording")
        table.create_foreign_key("fk_consent_events_wording_id_wordings", "wordings", ["wording_id"], ["id"])
    with op.batch_alter_table("subscribers") as table:
        table.add_column(sa.Column("language", sa.String(16), nullable=False, server_default=""))
        table.add_column(sa.Column("timezone", sa.String(60), nullable=False, server_default=""))
        table.add_column(sa.Column("local_hour", sa.Integer(), nullable=True))
        table.add_column(sa.Column("active_at", TIME, nullable=True))
    with op.batch_alter_table("subscriptions") as table:
        table.drop_column("asked_at")
        table.add_column(sa.Column("end_reason", sa.String(12), nullable=True))
        table.add_column(sa.Column("cadence", sa.String(8), nullable=False, server_default="each"))
        table.add_column(sa.Column("paused_until", TIME, nullable=True))
        table.add_column(sa.Column("form", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("page", sa.String(300), nullable=False, server_default=""))
    op.execute("UPDATE subscriptions SET end_reason = 'unsubscribed' WHERE status = 'unsubscribed'")
    add_triggers()


def _add_tables():
    op.create_table(
        "wordings",
        sa.Column("id", BIG, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wordings"),
        sa.UniqueConstraint("digest", name="uq_wordings_digest"),
    )
    op.create_table(
        "consent_origins",
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("user_agent", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["consent_events.id"], name="fk_consent_origins_event_id_consent_events", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name="pk_consent_origins"),
    )
    op.create_index("ix_consent_origins_at", "consent_origins", ["at"])
    op.create_table(
        "follows",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subscription_id", BIG, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name="fk_follows_subscription_id_subscriptions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_follows"),
        sa.UniqueConstraint("subscription_id", "kind", "value", name="uq_follows_subscription_id_kind_value"),
    )
    op.create_table(
        "sign_ups",
        sa.Column("id", BIG, nullable=False),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("entered", sa.String(254), nullable=False),
        sa.Column("address_key", sa.String(32), nullable=False),
        sa.Column("inbox_key", sa.String(32), nullable=False),
        sa.Column("domain_key", sa.String(32), nullable=False),
        sa.Column("near", sa.String(45), nullable=True),
        sa.Column("wide", sa.String(45), nullable=True),
        sa.Column("trust", sa.String(8), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("newsletter_ids", sa.JSON(), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("form", sa.String(40), nullable=False),
        sa.Column("page", sa.String(300), nullable=False),
        sa.Column("wording", sa.String(500), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("user_agent", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ups"),
    )
    op.create_index(
        "ix_sign_ups_new", "sign_ups", ["due_at"], sqlite_where=sa.text(NEW), postgresql_where=sa.text(NEW)
    )
    op.create_index("ix_sign_ups_address_key", "sign_ups", ["address_key"])
    for name in ("inbox_key", "near", "wide", "domain_key"):
        op.create_index(
            f"ix_sign_ups_{name}",
            "sign_ups",
            [name, "answered_at"],
            sqlite_where=sa.text(ASKED),
            postgresql_where=sa.text(ASKED),
        )
    op.create_index("ix_sign_ups_answered", "sign_ups", ["answered_at", "verdict", "is_confirmed"])


def _move_wordings_and_origins():
    with op.batch_alter_table("consent_events") as table:
        table.add_column(sa.Column("form", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("note", sa.String(500), nullable=False, server_default=""))
        table.add_column(sa.Column("nonce", sa.String(32), nullable=False, server_default=""))
        table.add_column(sa.Column("wording_id", BIG, nullable=True))
    connection = op.get_bind()
    texts = connection.execute(sa.text("SELECT DISTINCT wording FROM consent_events WHERE wording <> ''")).scalars()
    for text in texts.all():
        digest = hashlib.sha256(text.encode()).hexdigest()
        wordings = sa.table("wordings", sa.column("digest"), sa.column("text"), sa.column("since", TIME))
        connection.execute(wordings.insert().values(digest=digest, text=text, since=datetime.now(UTC)))
    op.execute(
        "UPDATE consent_events SET wording_id = (SELECT id FROM wordings WHERE text = consent_events.wording)"
    )
    op.execute(
        "INSERT INTO consent_origins (event_id, at, ip, user_agent) "
        "SELECT id, at, ip, user_agent FROM consent_events WHERE ip <> '' OR user_agent <> ''"
    )


def add_triggers():
    if op.get_bind().dialect.name == "sqlite":
        for statement in ON_SQLITE:
            op.execute(statement.format(table="consent_events", unless=STILL_THERE))
            op.execute(statement.format(table="wordings", unless=""))
    else:
        for statement in ON_POSTGRESQL:
            op.execute(statement)


def drop_triggers():
    if op.get_bind().dialect.name == "sqlite":
        for table in ("consent_events", "wordings"):
            op.execute(f"DROP TRIGGER {table}_never_change")
            op.execute(f"DROP TRIGGER {table}_stay")
    else:
        for name in ("never_change", "stay", "stay_all"):
            op.execute(f"DROP TRIGGER consent_events_{name} ON consent_events")
        for name in ("never_change", "stay_all"):
            op.execute(f"DROP TRIGGER wordings_{name} ON wordings")
        op.execute("DROP FUNCTION refuse_change_of_ledger")
        op.execute("DROP FUNCTION refuse_delete_of_consent")


def downgrade():
    drop_triggers()
    with op.batch_alter_table("subscriptions") as table:
        for name in ("page", "form", "paused_until", "cadence", "end_reason"):
            table.drop_column(name)
        table.add_column(sa.Column("asked_at", TIME, nullable=True))
    with op.batch_alter_table("subscribers") as table:
        for name in ("active_at", "local_hour", "timezone", "language"):
            table.drop_column(name)
    with op.batch_alter_table("consent_events") as table:
        table.add_column(sa.Column("ip", sa.String(45), nullable=False, server_default=""))
        table.add_column(sa.Column("user_agent", sa.String(300), nullable=False, server_default=""))
        table.add_column(sa.Column("wording", sa.String(500), nullable=False, server_default=""))
        table.create_foreign_key(
            "fk_consent_events_edition_id_editions", "editions", ["edition_id"], ["id"], ondelete="SET NULL"
        )
    op.execute(
        "UPDATE consent_events SET wording = "
        "COALESCE((SELECT substr(text, 1, 500) FROM wordings WHERE id = wording_id), '')"
    )
    for name in ("ip", "user_agent"):
        op.execute(
            f"UPDATE consent_events SET {name} = COALESCE("
            f"(SELECT {name} FROM consent_origins WHERE event_id = consent_events.id), '')"
        )
    with op.batch_alter_table("consent_events") as table:
        table.drop_constraint("fk_consent_events_wording_id_wordings", type_="foreignkey")
        for name in ("wording_id", "nonce", "note", "form"):
            table.drop_column(name)
    op.drop_table("sign_ups")
    op.drop_table("follows")
    op.drop_table("consent_origins")
    op.drop_table("wordings")
