"""How a newsletter looks, as its publisher says it."""

from dataclasses import fields

from flask_wtf.file import FileField
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # Its stubs are older.
from wtforms.validators import Length

from newsletter.console.forms import ConsoleForm
from newsletter.core.words import said
from newsletter.mail.languages import LANGUAGES
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import Fonts, Pictures, Theme
from newsletter.newsletters.service import Style

LANGUAGE_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}
_THEMES = {
    Theme.MAGAZINE: said("Magazine: a lead story, pictures beside the others"),
    Theme.BRIEFING: said("Briefing: all at one glance"),
    Theme.LETTER: said("Letter: like one that somebody wrote"),
}
_FONTS = {
    Fonts.CLASSIC: said("Classic: headlines with serifs, text without"),
    Fonts.SERIF: said("With serifs"),
    Fonts.SANS: said("Without serifs"),
}
_PICTURES = {
    Pictures.LINK: said("From their own servers"),
    Pictures.FETCH: said("Fetched, made anew and shown from here"),
    Pictures.NONE: said("None"),
}


class LookForm(ConsoleForm):
    """The fields of `Style`; what they may say is checked by the service."""

    theme = SelectField(
        said("Theme"), choices=[SelectChoice(each.value, words) for each, words in _THEMES.items()]
    )
    fonts = SelectField(said("Fonts"), choices=[SelectChoice(each.value, words) for each, words in _FONTS.items()])
    pictures = SelectField(
        said("Pictures of articles"),
        choices=[SelectChoice(each.value, words) for each, words in _PICTURES.items()],
    )
    accent = StringField(
        said("Colour by day"),
        description=said("Of headlines and buttons, such as #8a1f1f; it must be readable on white."),
        validators=[Length(max=7)],
    )
    accent_dark = StringField(
        said("Colour on dark screens"),
        description=said("Such as #f0a8a0; it must be readable on near black."),
        validators=[Length(max=7)],
    )
    header = StringField(said("One line under the name"), validators=[Length(max=200)])
    footer = TextAreaField(
        said("Foot"),
        description=said("Markdown, above the reason and the postal address."),
        validators=[Length(max=2000)],
    )
    language = SelectField(said("Language of the fixed words"), validate_choice=False)

    @classmethod
    def of(cls, newsletter: Newsletter) -> "LookForm":
        """With what it looks like now, where nothing was typed."""
        form = cls(obj=newsletter)
        own = [newsletter.language] if newsletter.language not in LANGUAGES else []
        form.language.choices = [SelectChoice(code, LANGUAGE_NAMES.get(code, code)) for code in (*LANGUAGES, *own)]
        return form

    def style(self) -> Style:
        """All of it, as `dress` takes it."""
        return Style(**{each.name: (self[each.name].data or "").replace("\r\n", "\n") for each in fields(Style)})


class LogoForm(ConsoleForm):
    """A picture to stand in place of the name; none takes the one away that there is."""

    logo = FileField(
        said("Logo"),
        description=said("PNG, JPEG, GIF or WebP; shown at most 240 pixels wide, on white."),
        render_kw={"accept": "image/png,image/jpeg,image/gif,image/webp"},
    )
