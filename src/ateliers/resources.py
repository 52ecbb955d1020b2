"""Where the files that travel with the code lie: in the checkout, or inside the installed wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parent.parent


def resource(name: str) -> Path:
    """The folder or file `name` ('templates', 'migrations', 'static', 'locale', 'data')."""
    installed = PACKAGE / name
    return installed if installed.exists() else CHECKOUT / name
