"""What lets the attendance list be installed on a phone and work without network: its service worker, its manifest, its last resort."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from ateliers.rendering import static
from ateliers.resources import resource
from ateliers.web.answers import page
from ateliers.words import gettext

WORKER = "js/service-worker.js"


@get("/service-worker.js")
async def service_worker() -> Response[bytes]:
    """The script that answers in the network's place; it stands at the top, for every page it may serve."""
    return Response((resource("static") / WORKER).read_bytes(), media_type="text/javascript")


@get("/manifest.webmanifest")
async def manifest() -> Response[bytes]:
    """Name, colours and first page of the installed list (W3C Web Application Manifest)."""
    icons = [
        {"src": static("favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("icone-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("icone-512.png"), "sizes": "512x512", "type": "image/png"},
    ]
    made = {
        "id": "/espace/appel",
        "name": gettext("Attendance lists – Ateliers"),
        "short_name": gettext("Attendance"),
        "lang": "fr",
        "start_url": "/espace/appel",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbf7ef",
        "theme_color": "#22302f",
        "icons": icons,
    }
    return Response(msgspec.json.encode(made), media_type="application/manifest+json")


@get("/hors-ligne")
async def show_offline() -> Response[bytes]:
    """What a device that keeps lists shows in the place of a page it did not keep."""
    return page("public/offline.html")


ROUTES: list[Any] = [service_worker, manifest, show_offline]
