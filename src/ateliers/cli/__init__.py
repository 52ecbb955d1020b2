"""The command `ateliers`: one module per sort of errand.

Exit codes: 0 done; 1 it could not be done, the message says why; 2 the command was written wrongly; 3 a setting is wrong
or missing; 4 done in part: some rows of an import were refused, a benchmark missed its goal, the doctor found a fault.
"""

from __future__ import annotations

import sys

import click

from ateliers import __version__
from ateliers.cli import importing, keeping, measuring, network, people, running
from ateliers.cli.frame import FAILED, Group

HELP = """Publish and book the workshops of structures ambassadrices Mon espace santé.

\b
To look around, with invented data:    ateliers demo
To run it for real, as two services:   ateliers serve
                                       ateliers worker
Is everything in order?                ateliers doctor

Settings come from the environment (ATELIERS_DATABASE_URL, ATELIERS_SECRET_KEY…): see README.md, or run the doctor.

\b
Exit codes: 0 done; 1 not done, the message says why; 2 the command was written wrongly; 3 a setting is wrong or
missing; 4 done in part (rows refused, a goal missed, a fault found).
"""


@click.group(cls=Group, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ateliers")
def cli() -> None:
    """The group that all commands hang from."""


for command in (
    running.demo,
    running.serve,
    running.worker,
    running.migrate,
    keeping.doctor,
    keeping.backup,
    keeping.restore,
    importing.import_,
    people.token,
    people.person,
    network.charter,
    measuring.bench,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    try:
        cli()
    except BrokenPipeError:  # `ateliers … | head`
        sys.stderr.close()
        sys.exit(FAILED)
