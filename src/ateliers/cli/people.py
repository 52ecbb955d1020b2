"""Let people and programs in."""

from __future__ import annotations

from uuid import UUID

import click

from ateliers.cli.frame import with_database

SCOPES = ("events", "bookings", "attendance", "reports")
ROLES = ("ambassador", "manager", "coordinator", "national", "funder", "operator")


@click.group(short_help="Tokens for the software of structures.")
def token() -> None:
    """Tokens with which a structure's own software uses the API."""


@token.command("create")
@click.option(
    "--structure", "slug", required=True, metavar="SLUG", help="Whose token: the name in the structure's address."
)
@click.option("--name", default="API", show_default=True, help="What it is for, as the structure will see it.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it may do; several times; none given: all.",
)
def create(slug: str, name: str, scopes: tuple[str, ...]) -> None:
    """Make a token and print it. It is shown this once: only a hash is kept."""
    from ateliers.clock import now
    from ateliers.network.structures import get_structure
    from ateliers.network.tokens import create_token

    async def run() -> str:
        structure = await get_structure(slug)
        return await create_token(structure.id, name, scopes or SCOPES, now=now())

    click.echo(with_database(run))


@token.command("list")
@click.option("--structure", "slug", required=True, metavar="SLUG", help="Whose tokens.")
def list_(slug: str) -> None:
    """List the tokens that work, one a line: id, scopes, name."""
    from ateliers.network.structures import get_structure
    from ateliers.network.tokens import ApiToken, list_tokens

    async def run() -> list[ApiToken]:
        return await list_tokens((await get_structure(slug)).id)

    for one in with_database(run):
        click.echo(f"{one.id}  {','.join(one.scopes)}  {one.name}")


@token.command("revoke")
@click.argument("id", type=click.UUID)
def revoke(id: UUID) -> None:
    """End the token with this ID (see `ateliers token list`) at once."""
    from ateliers.clock import now
    from ateliers.network.tokens import revoke_token

    with_database(lambda: revoke_token(id, now=now()))
    click.secho("Revoked.", fg="green")


@click.group(short_help="People who sign in.")
def person() -> None:
    """People of the network: those who sign in."""


@person.command("invite")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What they will be.")
@click.option("--name", default="", help="Their name; without it, what stands before the @.")
@click.option("--structure", "slug", metavar="SLUG", help="Structure of an ambassador or manager.")
@click.option(
    "--departement", "departements", multiple=True, help="A coordinator's or funder's territory; several times."
)
def invite(email: str, role: str, name: str, slug: str | None, departements: tuple[str, ...]) -> None:
    """Invite EMAIL by e-mail. This is how the first coordinator or national member comes in.

    The worker sends the invitation: `ateliers worker` must run.
    """
    from ateliers.clock import now
    from ateliers.network.invitations import invite_person
    from ateliers.network.people import RoleName
    from ateliers.network.structures import get_structure

    async def run() -> None:
        structure = await get_structure(slug) if slug else None
        await invite_person(
            email,
            name or email.partition("@")[0],
            RoleName(role),
            structure.id if structure else None,
            list(departements) or None,
            by=None,
            now=now(),
        )

    with_database(run)
    click.secho(f"Invitation queued for {email}.", fg="green")
