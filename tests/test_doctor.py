"""The doctor: what is wrong, and how to mend it."""

from __future__ import annotations

from ateliers import doctor, mailbox
from ateliers.doctor import Health
from ateliers.settings import read_settings


def test_a_misspelt_variable_is_noticed():
    [found] = doctor.examine_environment({"ATELIERS_SMTPURL": "smtp://x", "ATELIERS_ALLOW_ROOT": "1", "HOME": "/"})

    assert (found.health, found.remedy) == (Health.REMARK, "Did you mean ATELIERS_SMTP_URL?")


def test_the_demo_in_production_is_wrong():
    chosen = read_settings(
        {
            "ATELIERS_DEMO": "1",
            "ATELIERS_PRODUCTION": "1",
            "ATELIERS_BASE_URL": "https://a.fr",
            "ATELIERS_SECRET_KEY": "s" * 40,
        }
    )

    assert [found.health for found in doctor.examine_settings(chosen)] == [Health.WRONG]


async def test_a_migrated_database_that_agrees_about_the_time_is_well(db):
    found = await doctor.examine_database(read_settings({"ATELIERS_DATABASE_URL": db}))

    assert [(one.subject, one.health) for one in found] == [
        ("database", Health.WELL),
        ("tables", Health.WELL),
        ("clock", Health.WELL),
    ]


async def test_an_absent_database_is_wrong():
    url = f"postgresql://nobody@127.0.0.1:{mailbox.free_port()}/nothing"

    [found] = await doctor.examine_database(read_settings({"ATELIERS_DATABASE_URL": url}))

    assert (found.subject, found.health) == ("database", Health.WRONG)


async def test_the_mail_server_is_asked(tmp_path):
    with mailbox.sink(tmp_path) as port:
        [there] = await doctor.examine_smtp(f"smtp://127.0.0.1:{port}")
    [absent] = await doctor.examine_smtp(f"smtp://127.0.0.1:{mailbox.free_port()}")

    assert (there.health, absent.health) == (Health.WELL, Health.WRONG)


def test_a_folder_that_is_not_there_yet_is_judged_by_what_holds_it(tmp_path):
    assert doctor.examine_disk(tmp_path / "not" / "yet").subject == "disk"
