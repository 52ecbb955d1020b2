"""Signing in and out, and answering an invitation: what comes by e-mail is shown first, and done only by a button."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from ateliers.clock import now
from ateliers.network import invitations, signing_in
from ateliers.network.people import EMAIL, Person
from ateliers.refusals import Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form
from ateliers.web.frame import SESSION_COOKIE, session_cookie

_STAFF_PAGE = re.compile(r"/(espace|coordination)(/[A-Za-z0-9_-]+)*")
_EMAIL = Meta(
    min_length=1,
    max_length=254,
    pattern=EMAIL,
    title="Your e-mail address",
    extra={"input": "email", "autocomplete": "email", "error": "Write a whole address, such as nom@exemple.fr."},
)
_BACK = Meta(max_length=300, title="Page to go back to", extra={"input": "hidden"})


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """The first step: to whom the e-mail goes. `suite` is the page that asked to sign in."""

    email: Annotated[str, _EMAIL]
    suite: Annotated[str, _BACK] = ""


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """The second step, for those who read their e-mail on another device."""

    email: Annotated[str, _EMAIL]
    code: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=20,
            title="Code in the e-mail",
            description="Six digits.",
            extra={"inputmode": "numeric", "autocomplete": "one-time-code"},
        ),
    ]
    suite: Annotated[str, _BACK] = ""


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """The button of the link."""

    suite: Annotated[str, _BACK] = ""


@get("/connexion")
async def ask_who(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Ask for the e-mail address."""
    return Form.of(Who, suite=request.query_params.get("suite", "")[:300]).page("public/sign_in.html")


@post("/connexion")
async def send_email(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Send the e-mail, and ask for its code; the answer is the same for every address."""
    form = await read_form(request, Who)
    if form.data is None:
        return form.page("public/sign_in.html")
    await signing_in.request_sign_in(form.data.email, now=now(), back=_staff_page(form.data.suite))
    return Form.of(Code, form.data).page("public/sign_in_code.html", sent=True)


@get("/connexion/code")
async def ask_code() -> Response[bytes]:
    """Ask for address and code."""
    return Form.of(Code).page("public/sign_in_code.html", sent=False)


@post("/connexion/code")
async def use_code(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Sign in with the code."""
    form = await read_form(request, Code)
    if form.data is None:
        return form.page("public/sign_in_code.html", sent=False)
    try:
        token = await signing_in.sign_in_with_code(form.data.email, form.data.code, now=now())
    except Refusal as refusal:
        return form.refuse(refusal).page("public/sign_in_code.html", sent=False)
    return await _let_in(token, form.data.suite)


@get("/connexion/{token:str}")
async def show_link(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The button that uses the link; opening the page uses nothing."""
    if not await signing_in.is_link_open(token, now=now()):
        return _link_spent()
    return page("public/sign_in_link.html", token=token, back=_staff_page(request.query_params.get("suite", "")))


@post("/connexion/{token:str}")
async def use_link(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """Sign in with the link."""
    form = await read_form(request, Press)
    try:
        session = await signing_in.sign_in_with_link(token, now=now())
    except signing_in.LinkSpent:
        return _link_spent()
    return await _let_in(session, form.data.suite if form.data else "")


@post("/deconnexion")
async def sign_out(request: Request[Any, Any, Any]) -> Response[bytes]:
    """End the session here."""
    await signing_in.sign_out(request.cookies.get(SESSION_COOKIE, ""))
    answer = redirect("/")
    answer.headers.update(session_cookie("", seconds=0))
    answer.headers["clear-site-data"] = '"cache", "storage"'  # lists of participants kept for work offline
    return answer


@get("/invitation/{token:str}")
async def show_invitation(token: FromPath[str]) -> Response[bytes]:
    """Who invites, into which role; opening the page answers nothing."""
    try:
        invitation = await invitations.get_invitation(token, now=now())
    except invitations.InvitationOver as refusal:
        return _invitation_over(refusal)
    return page("public/invitation.html", invitation=invitation, token=token, declined=False)


@post("/invitation/{token:str}/acceptation")
async def accept(token: FromPath[str]) -> Response[bytes]:
    """Take the role and come in."""
    try:
        session = await invitations.accept_invitation(token, now=now())
    except invitations.InvitationOver as refusal:
        return _invitation_over(refusal)
    return await _let_in(session)


@post("/invitation/{token:str}/refus")
async def decline(token: FromPath[str]) -> Response[bytes]:
    """Say no."""
    try:
        await invitations.decline_invitation(token, now=now())
    except invitations.InvitationOver as refusal:
        return _invitation_over(refusal)
    return page("public/invitation.html", invitation=None, token="", declined=True)


def _invitation_over(refusal: Refusal) -> Response[bytes]:
    return page("public/invitation.html", status=refusal.status, invitation=None, token="", declined=False)


def _link_spent() -> Response[bytes]:
    return page("public/sign_in_link.html", status=signing_in.LinkSpent.status, token="", back="")


def _staff_page(path: str) -> str:
    """`path` if it is a page of the team area, to which signing in may lead; else ''."""
    return path if _STAFF_PAGE.fullmatch(path) else ""


async def _let_in(token: str, back: str = "") -> Response[bytes]:
    """On to the page that asked, or to the person's own first page."""
    person = await signing_in.person_of_session(token, now=now())
    answer = redirect(_staff_page(back) or _home(person))
    answer.headers.update(session_cookie(token, seconds=int(signing_in.SESSION_LIFETIME.total_seconds())))
    return answer


def _home(person: Person | None) -> str:
    if person is None or person.structure_ids or not person.is_reader:
        return "/espace"
    return "/coordination" if person.is_coordinator else "/coordination/rapports"


ROUTES = [ask_who, send_email, ask_code, use_code, show_link, use_link, sign_out, show_invitation, accept, decline]
