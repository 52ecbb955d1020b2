"""« Prévenez-moi »: asking to be told of new sessions, confirming, stopping (B15)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from ateliers.agenda.alerts import TOLD_OF, NewAlert, ask_for_alert, confirm_alert, get_alert, stop_alert
from ateliers.clock import now
from ateliers.refusals import Invalid
from ateliers.web.answers import page
from ateliers.web.forms import Form, read_form
from ateliers.words import language


@get("/alertes")
async def begin(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form; the search leads here with its commune (`ou`)."""
    place = request.query_params.get("ou", "")[:100]
    return _form_page(Form.of(NewAlert, commune=place), sent=False)


@post("/alertes")
async def send(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep the wish and mail the link; the answer is the same for every address."""
    form = await read_form(request, NewAlert)
    if form.data is not None and not form.data.website_2:
        try:
            await ask_for_alert(form.data, language=language(), now=now())
        except Invalid as refusal:
            form.refuse(refusal)
    return _form_page(form, sent=not form.errors)


@get("/alertes/{token:str}")
async def show(token: FromPath[str]) -> Response[bytes]:
    """A button to confirm or to stop: programs open links too."""
    return _page(await get_alert(token), stopped=False)


@post("/alertes/{token:str}/confirmer")
async def confirm(token: FromPath[str]) -> Response[bytes]:
    """From now on they are told."""
    return _page(await confirm_alert(token, now=now()), stopped=False)


@post("/alertes/{token:str}", status_code=200)
async def stop(token: FromPath[str]) -> Response[bytes]:
    """No more: the button, and one click of a mail program (RFC 8058)."""
    await stop_alert(token)
    return _page(None, stopped=True)


def _form_page(form: Form[NewAlert], *, sent: bool) -> Response[bytes]:
    return form.page("public/alert.html", sent=sent, kinds=[(kind.value, str(kind.label)) for kind in TOLD_OF])


def _page(alert: Any, *, stopped: bool) -> Response[bytes]:
    answer = page("public/alert_link.html", alert=alert, stopped=stopped)
    answer.headers["cache-control"] = "no-store"
    return answer


ROUTES: list[Any] = [begin, send, show, confirm, stop]
