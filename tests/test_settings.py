"""Settings: each wrong variable is named with what it should be."""

from __future__ import annotations

import pytest

from ateliers.settings import SettingsError, read_settings

GOOD_SECRET = "x" * 40


def wrong(**variables: str) -> str:
    """What is said of these variables, ATELIERS_ left out of their names."""
    with pytest.raises(SettingsError) as caught:
        read_settings({f"ATELIERS_{name}": value for name, value in variables.items()})
    return str(caught.value)


def test_nothing_need_be_set_for_a_trial():
    chosen = read_settings({})

    assert (chosen.database_url, chosen.base_url, chosen.demo, chosen.production) == (
        None,
        "http://127.0.0.1:8000",
        False,
        False,
    )


@pytest.mark.parametrize(
    ("name", "value", "should"),
    [
        ("DATABASE_URL", "mysql://localhost/x", "a URL like postgresql://user:password@host/name"),
        ("BASE_URL", "ateliers.example.fr", "a URL like https://ateliers.example.fr"),
        ("BASE_URL", "https://ateliers.example.fr:99999", "a URL like https://ateliers.example.fr"),
        ("BASE_URL", "https://ateliers.example.fr/?a=1", "a URL like https://ateliers.example.fr"),
        ("SMTP_URL", "mail.example.fr:25", "a URL like smtp+starttls://user:password@mail.example.fr:587"),
        ("SMTP_URL", "smtp://mail.example.fr:70000", "a URL like smtp+starttls://user:password@mail.example.fr:587"),
        ("MAIL_FROM", "Ateliers", "an address like rendez-vous@ateliers.example.fr"),
        ("MAIL_FROM", "a@b.fr\nBcc: x@y.fr", "an address like rendez-vous@ateliers.example.fr"),
        ("DEMO", "yes", "0 or 1"),
        ("PRODUCTION", "true", "0 or 1"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_should_be(name: str, value: str, should: str):
    assert wrong(**{name: value}) == f"ATELIERS_{name} is {value!r}: it should be {should}."


def test_all_wrong_variables_are_named_at_once():
    assert len(wrong(DEMO="x", PRODUCTION="x", MAIL_FROM="x").splitlines()) == 3


@pytest.mark.parametrize(
    "url",
    [
        "smtp://127.0.0.1:2525",
        "smtps://user:p%40ss@mail.example.fr",
        "smtp+starttls://user:pass@mail.example.fr:587",
        "smtp://[::1]:25",
    ],
)
def test_mail_servers_of_every_kind_are_taken(url: str):
    assert read_settings({"ATELIERS_SMTP_URL": url}).smtp_url == url


@pytest.mark.parametrize("secret", ["", "not-a-secret", "short"])
def test_production_refuses_a_default_or_short_secret(secret: str):
    said = wrong(PRODUCTION="1", BASE_URL="https://ateliers.example.fr", SECRET_KEY=secret)

    assert said == "ATELIERS_SECRET_KEY should be at least 32 random characters in production."


def test_production_refuses_plain_http():
    said = wrong(PRODUCTION="1", BASE_URL="http://ateliers.example.fr", SECRET_KEY=GOOD_SECRET)

    assert said == "ATELIERS_BASE_URL is 'http://ateliers.example.fr': it should begin with https:// in production."


def test_the_final_slash_of_the_base_url_is_dropped():
    assert read_settings({"ATELIERS_BASE_URL": "https://a.fr/"}).base_url == "https://a.fr"


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    file = tmp_path / "file"
    file.touch()

    assert wrong(DATA_DIR=str(file)) == f"ATELIERS_DATA_DIR is {str(file)!r}, a file: it should be a folder."
