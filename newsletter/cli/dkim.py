"""`newsletter dkim`: keys that sign mail, and what DNS must say about them."""

import re

import click

from newsletter.cli.output import Group, answer, open_house
from newsletter.core.errors import InvalidInput
from newsletter.core.settings import PREFIX, dkim_key_files
from newsletter.mail.dkim import SigningKey

SETTING = PREFIX + "DKIM"


@click.group(cls=Group, name="dkim")
def group() -> None:
    """Keys that sign mail, and what DNS must say about them."""


@group.command()
@click.option("--domain", required=True, metavar="DOMAIN", help="The domain of the sender addresses it signs for.")
@click.option("--selector", required=True, metavar="NAME", help="What tells it from other keys of the domain.")
@click.option("--out", required=True, metavar="FILE", help="Where to write the private key; never written over.")
@click.option("--ed25519", is_flag=True, help="Make an Ed25519 key, to be used beside an RSA one.")
def key(domain: str, selector: str, out: str, ed25519: bool) -> None:
    """Make a key: a file for this service, and a record for DNS."""
    # Only these two commands need them, and they are large.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    from newsletter.mail.dkim.keys import make_rsa, write_key  # noqa: PLC0415

    if re.search(r"[\s,]", out):
        problem = "The path of a key cannot hold commas or white space, which separate the keys in the setting."
        raise InvalidInput(problem, field="out")
    (file,) = dkim_key_files(SETTING, f"{domain}:{selector}:{out}")
    setting = f"{file.domain}:{file.selector}:{out}"
    made = write_key(file, Ed25519PrivateKey.generate() if ed25519 else make_rsa())
    beside = ", beside an RSA key of the domain" if ed25519 else ""
    answer(
        {"file": out, "setting": setting, **_facts(made)},
        f"Wrote {out}.\n\nFor the name servers of {made.domain}:\n\n{_words(made)}\n\n"
        f"For {SETTING}{beside}, once they answer with it:\n\n{setting}",
    )


@group.command()
def record() -> None:
    """What DNS must say about the keys in use."""
    with open_house() as house:
        keys = house.dkim
        words = "\n\n".join(map(_words, keys)) or f"{SETTING} names no key: this service signs nothing."
        answer([_facts(each) for each in keys], words)


def _facts(of: SigningKey) -> dict[str, object]:
    return {
        "domain": of.domain,
        "selector": of.selector,
        "algorithm": of.algorithm,
        "name": of.record_name,
        "type": "TXT",
        "value": of.record,
        "texts": of.record_texts,
    }


def _words(of: SigningKey) -> str:
    """The record as a zone file has it (RFC 1035 §5.1)."""
    texts = "\n".join(f'  "{text}"' for text in of.record_texts)
    return f"{of.record_name}. IN TXT (\n{texts} )"


def register(parent: click.Group) -> None:
    parent.add_command(group)
