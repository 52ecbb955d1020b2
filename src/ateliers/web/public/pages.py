"""Pages that only say something: site map, accessibility, personal data, legal notice."""

from __future__ import annotations

from litestar import Response, get

from ateliers.web.answers import page


@get("/plan-du-site", include_in_schema=False)
async def show_site_map() -> Response[bytes]:
    """Where everything is."""
    return page("public/site_map.html")


@get("/accessibilite", include_in_schema=False)
async def show_accessibility() -> Response[bytes]:
    """The accessibility statement (K1)."""
    return page("public/accessibility.html")


@get("/donnees-personnelles", include_in_schema=False)
async def show_privacy() -> Response[bytes]:
    """What is kept of whom, for how long (G6)."""
    return page("public/privacy.html")


@get("/mentions-legales", include_in_schema=False)
async def show_legal_notice() -> Response[bytes]:
    """Who answers for the service, and whose data it uses."""
    return page("public/legal.html")


ROUTES = [show_site_map, show_accessibility, show_privacy, show_legal_notice]
