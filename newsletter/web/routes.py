"""Rules of the URL map that are quick to make: what builds an address is compiled when it is first asked for."""

from collections.abc import Callable

from werkzeug.routing import Rule


class LateRule(Rule):
    """Werkzeug compiles two functions for each rule, which is most of the time that it takes to make an app.

    Of many rules no process ever builds an address.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - Werkzeug's own signature.
        made: list[Callable[..., tuple[str, str]]] = []

        def build(*args: object, **values: object) -> tuple[str, str]:
            if not made:
                made.append(super(LateRule, self)._compile_builder(append_unknown))
            return made[0](*args, **values)

        return build
