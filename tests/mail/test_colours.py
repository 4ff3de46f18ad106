import pytest

from newsletter.mail.colours import clearest, contrast, is_colour


def test_black_on_white_is_the_most_there_is_and_a_colour_on_itself_the_least() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#8a1f2b", "#8a1f2b") == pytest.approx(1)


def test_the_lightest_grey_that_can_be_read_on_white_is_the_known_one() -> None:
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


def test_the_first_readable_choice_wins_even_if_a_later_one_is_clearer() -> None:
    assert clearest(("#8a1f2b", "#000000"), "#ffffff") == "#8a1f2b"
    assert clearest(("#ffe08a", "#000000"), "#ffffff") == "#000000"


def test_white_or_black_can_be_read_on_anything() -> None:
    greys = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]

    assert all(contrast(clearest(("#ffffff", "#000000"), grey), grey) >= 4.5 for grey in greys)


def test_where_nothing_can_be_read_the_least_bad_choice_wins() -> None:
    assert clearest(("#eeeeee", "#aaaaaa"), "#ffffff") == "#aaaaaa"


@pytest.mark.parametrize("text", ["", "red", "#fff", "#8a1f2", "#8a1f2b;", "#8a1f2b\n", "#8a1f2g", "#٣٣٣٣٣٣"])
def test_only_six_hexadecimal_digits_after_a_hash_are_a_colour(text: str) -> None:
    assert is_colour("#8A1f2b")
    assert not is_colour(text)
