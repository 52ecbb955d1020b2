"""Becoming an ambassador: a volunteer's form, and the page that confirms their address."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.network import candidates
from ateliers.network.candidates import NewCandidate
from ateliers.refusals import Refusal
from ateliers.web.answers import page
from ateliers.web.forms import Form, read_form
from ateliers.words import language


@get("/devenir-ambassadeur")
async def begin() -> Response[bytes]:
    """What ambassadors do, and the form."""
    return Form.of(NewCandidate).page("public/candidate.html", sent=False)


@post("/devenir-ambassadeur")
async def send(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep the answers and mail the link; the answer is the same for every address."""
    form = await read_form(request, NewCandidate)
    if form.data is not None and not form.data.website_2:
        try:
            await candidates.apply_as_candidate(form.data, language=language(), now=now())
        except Refusal as refusal:
            form.refuse(refusal)
    return form.page("public/candidate.html", sent=not form.errors)


@get("/devenir-ambassadeur/{token:str}")
async def ask(token: FromPath[str]) -> Response[bytes]:
    """A button, for programs open links too."""
    return await _confirm_page(token)


@post("/devenir-ambassadeur/{token:str}")
async def confirm(token: FromPath[str]) -> Response[bytes]:
    """The address is theirs."""
    await candidates.confirm_candidate(token, now=now())
    return await _confirm_page(token)


async def _confirm_page(token: str) -> Response[bytes]:
    answer = page(
        "public/candidate_confirm.html", candidate=await candidates.get_candidate(token, now=now()), token=token
    )
    answer.headers["cache-control"] = "no-store"
    return answer


ROUTES: list[Any] = [begin, send, ask, confirm]
