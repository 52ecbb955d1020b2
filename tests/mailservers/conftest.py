"""The post office of these tests; in CI it must be there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mailservers.servers import DOVECOT, POSTFIX, Post


@pytest.fixture(scope="session")
def post_office() -> Iterator[Post]:
    missing = [path for path in (POSTFIX, DOVECOT, "/usr/lib/dovecot/lmtp") if not Path(path).exists()]
    missing += [] if os.geteuid() == 0 else ["root: mail servers change users"]
    if missing:
        message = f"needed (Debian: apt install postfix dovecot-imapd dovecot-lmtpd): {', '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with tempfile.TemporaryDirectory(prefix="ateliers-post-") as folder, Post.open(Path(folder)) as post:
        yield post


@pytest.fixture
def post(post_office: Post) -> Post:
    """The same office, its queue and all boxes empty, our mail going to the LMTP server."""
    post_office.forget()
    post_office.route()
    for user in ("odile@example.test", "rendez-vous@ateliers.test"):
        post_office.empty(user)
    return post_office
