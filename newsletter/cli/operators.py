"""`newsletter operator`: who may come in to the console, and what each may do."""

import click

from newsletter.cli.output import Group, answer, open_house, table
from newsletter.operators.models import Operator
from newsletter.operators.policy import Role
from newsletter.operators.queries import operators, passkeys_of, roles_by_operator, seen_last
from newsletter.operators.service import (
    Post,
    add_operator,
    give_role,
    named,
    remove_factor,
    remove_operator,
    renew_link,
    take_role,
)

_ROLE = click.Choice([role.value for role in Role])


@click.group(cls=Group, name="operator")
def group() -> None:
    """Who may come in to the console, and what each may do."""


@group.command()
@click.argument("email")
@click.option("--role", type=_ROLE, required=True, help="What they may do.")
@click.option("--newsletter", default=None, metavar="SLUG", help="For this one only; the whole house without it.")
@click.option("--name", default="", help="As colleagues call them.")
def add(email: str, role: str, newsletter: str | None, name: str) -> None:
    """Let somebody in, and print the one-time link behind which they choose a password."""
    with open_house() as house:
        one, link = add_operator((email, name), Post(Role(role), newsletter), None, house)
        answer({"address": one.address, "role": role, "newsletter": newsletter, "link": link}, _linked(one, link))


@group.command(name="list")
def list_() -> None:
    """All who may come in, with their roles."""
    with open_house():
        roles, seen = roles_by_operator(), seen_last()
        facts = [
            {
                "address": each.address,
                "name": each.name,
                "roles": [{"role": str(role), "newsletter": slug} for role, slug in roles.get(each.id, [])],
                "second_factor": bool(each.factor),
                "passkeys": len(passkeys_of(each.id)),
                "has_password": bool(each.password_hash),
                "seen_at": seen.get(each.id),
            }
            for each in operators()
        ]
        rows = [
            [
                each.address,
                each.name,
                ", ".join(f"{role} of {slug or 'the house'}" for role, slug in roles.get(each.id, [])),
                "yes" if each.factor else "no",
                f"{seen[each.id]:%Y-%m-%d %H:%M}" if each.id in seen else "",
            ]
            for each in operators()
        ]
        answer(facts, table(["address", "name", "roles", "second factor", "seen (UTC)"], rows))


@group.command()
@click.argument("email")
@click.argument("role", type=click.Choice([*(role.value for role in Role), "none"]))
@click.option("--newsletter", default=None, metavar="SLUG", help="For this one only; the whole house without it.")
def role(email: str, role: str, newsletter: str | None) -> None:
    """Give somebody a role, in place of the one they had there; `none` takes it away."""
    with open_house():
        one, where = named(email), newsletter or "the house"
        if role == "none":
            take_role(one.id, newsletter, None)
        else:
            give_role(one.id, Post(Role(role), newsletter), None)
        facts = {"address": one.address, "role": role, "newsletter": newsletter}
        answer(facts, f"{one.address}: {role} of {where}. All their sessions have ended.")


@group.command()
@click.argument("email")
def remove(email: str) -> None:
    """Let somebody in no more, from this moment on."""
    with open_house():
        one = named(email)
        remove_operator(one.id, None)
        answer({"address": one.address, "removed": True}, f"{one.address} comes in no more.")


@group.command()
@click.argument("email")
def link(email: str) -> None:
    """Print a fresh one-time link, for who has no password or forgot it."""
    with open_house() as house:
        one = named(email)
        fresh = renew_link(one.id, None, house)
        answer({"address": one.address, "link": fresh}, _linked(one, fresh))


@group.command(name="reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Take away second factor and passkeys of who lost them; all their sessions end."""
    with open_house():
        one = named(email)
        remove_factor(one.id, None)
        told = f"{one.address} has no second factor and no passkeys any more."
        answer({"address": one.address, "second_factor": False}, told)


def _linked(one: Operator, link: str) -> str:
    return f"A link for {one.address}, good once, within 24 hours:\n\n    {link}\n"


def register(parent: click.Group) -> None:
    parent.add_command(group)
