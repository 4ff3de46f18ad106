"""What the running app was started with; views ask here and never touch `current_app.config`."""

from flask import Flask, current_app

from newsletter.core.settings import Settings
from newsletter.mail.house import House

_KEY = "newsletter"


def hold(app: Flask, house: House) -> None:
    """Give the app what `house()` answers from then on."""
    app.extensions[_KEY] = house


def house() -> House:
    """Made once at start and never changed."""
    held: House = current_app.extensions[_KEY]
    return held


def settings() -> Settings:
    return house().settings
