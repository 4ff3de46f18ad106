"""The verbs of operators: coming in and staying, letting others in, and the trail of all that."""

from newsletter.operators.service.auditing import BY_COMMAND, note, seen_from
from newsletter.operators.service.entering import (
    change_password,
    enter_by_link,
    log_in,
    opened_by,
    pass_factor,
    prove_again,
)
from newsletter.operators.service.factors import (
    Setup,
    add_factor,
    propose,
    proposed,
    remove_factor,
    renew_codes,
)
from newsletter.operators.service.hiring import (
    Post,
    add_operator,
    give_role,
    named,
    remove_operator,
    renew_link,
    take_role,
)
from newsletter.operators.service.passkeys import (
    Answered,
    Asked,
    add_passkey,
    ask_to_add,
    ask_to_enter,
    enter_by_passkey,
    remove_passkey,
)
from newsletter.operators.service.signing_in import Returned, Sent, ask_provider, enter_by_provider
from newsletter.operators.service.speaking import choose_language
from newsletter.operators.service.staying import (
    Browser,
    Entered,
    end,
    log_out_everywhere,
    purge_sessions,
    see,
)

__all__ = [
    "BY_COMMAND",
    "Answered",
    "Asked",
    "Browser",
    "Entered",
    "Post",
    "Returned",
    "Sent",
    "Setup",
    "add_factor",
    "add_operator",
    "add_passkey",
    "ask_provider",
    "ask_to_add",
    "ask_to_enter",
    "change_password",
    "choose_language",
    "end",
    "enter_by_link",
    "enter_by_passkey",
    "enter_by_provider",
    "give_role",
    "log_in",
    "log_out_everywhere",
    "named",
    "note",
    "opened_by",
    "pass_factor",
    "propose",
    "proposed",
    "prove_again",
    "purge_sessions",
    "remove_factor",
    "remove_operator",
    "remove_passkey",
    "renew_codes",
    "renew_link",
    "see",
    "seen_from",
    "take_role",
]
