"""`python -m newsletter` is `newsletter`."""

import gc


def start() -> None:
    """As `newsletter.cli.main`, whose import takes most of the time of a short command."""
    # Nearly all that is imported stays. Looking through it for garbage, meanwhile and at the end, would double it.
    gc.disable()
    from newsletter.cli import main  # noqa: PLC0415 - see above.

    gc.freeze()
    gc.enable()
    main()


if __name__ == "__main__":
    start()
