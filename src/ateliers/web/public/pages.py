"""Pages that only say something: site map, accessibility, personal data, legal notice; what robots are told."""

from __future__ import annotations

from litestar import Response, get

from ateliers.clock import now
from ateliers.exchange.site_map import Address, list_addresses
from ateliers.rendering import absolute
from ateliers.web.answers import page

# Private, or the same sessions once more: each search, each frame and each file of a session.
NOT_FOR_ROBOTS = (
    "/*?",
    "/api/",
    "/appel/",
    "/connexion",
    "/coordination",
    "/espace",
    "/integre/",
    "/ma-reservation",
    "/s/",
)
ALWAYS_THERE = ("/", "/signataires", "/retours-d-experience", "/donnees", "/rejoindre", "/devenir-ambassadeur")


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


@get("/robots.txt", include_in_schema=False)
async def show_robots() -> Response[bytes]:
    """What search engines may read, and where they find all of it."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS), f"Sitemap: {absolute('/sitemap.xml')}"]
    return Response(("\n".join(lines) + "\n").encode(), media_type="text/plain")


@get("/sitemap.xml", include_in_schema=False)
async def show_addresses() -> Response[bytes]:
    """Every page worth finding, as sitemaps.org has it."""
    addresses = [*map(Address, ALWAYS_THERE), *await list_addresses(now())]
    lines = [
        f"<url><loc>{absolute(one.path)}</loc>{f'<lastmod>{one.changed}</lastmod>' if one.changed else ''}</url>"
        for one in addresses
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return Response("\n".join([head, *lines, "</urlset>\n"]).encode(), media_type="application/xml")


ROUTES = [show_site_map, show_accessibility, show_privacy, show_legal_notice, show_robots, show_addresses]
