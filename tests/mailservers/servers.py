"""Debian's own Postfix and Dovecot, with configurations, queues and ports of their own: nothing of the machine's is touched."""

from __future__ import annotations

import imaplib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ateliers.mailbox import free_port

PASSWORD = "secret"
PATIENCE = 120.0  # seconds
HELD_UP = 5.0  # seconds; a message that Postfix finds locked, as on a busy machine, it leaves alone for five minutes
POSTFIX, DOVECOT = "/usr/sbin/postfix", "/usr/sbin/dovecot"

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {folder}
maillog_file = {folder}/postfix.log
myhostname = mx.ateliers.test
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
disable_dns_lookups = yes
virtual_mailbox_domains = ateliers.test
virtual_mailbox_maps = regexp:{{ {{/^(rendez-vous|rappels|retour)(\\+.*)?@ateliers\\.test$$/ yes}} }}
transport_maps = texthash:{folder}/transport
virtual_alias_maps = regexp:{folder}/aliases
# A queue in a hurry: days become seconds.
queue_run_delay = 1s
minimal_backoff_time = 2s
maximal_backoff_time = 2s
delay_warning_time = 1s
maximal_queue_lifetime = 5s
bounce_queue_lifetime = 5s
"""

MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

DOVECOT_CONF = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
recipient_delimiter = +
mail_location = maildir:{folder}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""


class Post:
    """A post office: Postfix carries, Dovecot keeps the boxes of people at example.test, and of ours when asked to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports: set[int] = set()
        while len(ports) < 5:  # what is free may be found twice
            ports.add(free_port())
        self.smtp, self.imap, self.dovecot_lmtp, self.our_lmtp, self.far_end = ports

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self.smtp}"

    def imap_url(self, user: str) -> str:
        return f"imap://{user.replace('@', '%40')}:{PASSWORD}@127.0.0.1:{self.imap}/INBOX"

    def route(self, *, ours_to: str = "lmtp") -> None:
        """Where our mail goes: to the service's own LMTP server, or into a mailbox that it reads."""
        port = self.our_lmtp if ours_to == "lmtp" else self.dovecot_lmtp
        (self.folder / "transport").write_text(
            f"ateliers.test lmtp:inet:127.0.0.1:{port}\nexample.test lmtp:inet:127.0.0.1:{self.dovecot_lmtp}\n"
            f"far.test smtp:[127.0.0.1]:{self.far_end}\n"
        )
        alias = "/^(retour|rappels)(\\+.*)?@ateliers\\.test$/ rendez-vous@ateliers.test\n" if ours_to == "box" else ""
        (self.folder / "aliases").write_text(alias)
        self._run(POSTFIX, "reload")

    def messages(self, user: str, *, count: int = 1, folder: str = "INBOX") -> list[bytes]:
        """What lies in somebody's mailbox, once there are at least `count` messages."""
        began = turn = time.monotonic()
        while True:
            found = self._fetch(user, folder)
            if len(found) >= count:
                return found
            now = time.monotonic()
            if now > began + PATIENCE:
                raise AssertionError(f"{len(found)} messages of {count} for {user}:\n{self.log()}")
            if now > turn + HELD_UP:
                turn = now
                self.flush()
            time.sleep(0.2)

    def flush(self) -> None:
        """Have Postfix try everything again now."""
        self._run("/usr/sbin/postqueue", "-f")

    def forget(self) -> None:
        """Throw away what Postfix has still to deliver."""
        self._run("/usr/sbin/postsuper", "-d", "ALL")

    def empty(self, user: str) -> None:
        """Throw away what lies there."""
        for folder in ("INBOX", "ateliers"):
            self._fetch(user, folder, delete=True)

    def log(self) -> str:
        """The last lines of both servers."""
        texts = [path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log"))]
        return "\n".join("\n".join(text.splitlines()[-25:]) for text in texts)

    def _fetch(self, user: str, folder: str, *, delete: bool = False) -> list[bytes]:
        box = imaplib.IMAP4("127.0.0.1", self.imap, timeout=60)
        box.login(user, PASSWORD)
        found: list[bytes] = []
        if box.select(folder)[0] == "OK":
            for number in box.search(None, "ALL")[1][0].split():
                found += [part[1] for part in box.fetch(number, "(BODY.PEEK[])")[1] if isinstance(part, tuple)]
                if delete:
                    box.store(number, "+FLAGS", r"(\Deleted)")
            if delete:
                box.expunge()
        box.logout()
        return found

    def _run(self, program: str, *words: str) -> None:
        command = [program, "-c", str(self.folder / "postfix"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, f"{command}: {done.stderr}\n{self.log()}"

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Post]:
        """Both servers, until the end; their processes and files go with them."""
        post = cls(folder)
        folder.chmod(0o755)  # their users look in
        users = ["odile@example.test", "contact@ccas-nevers.test", "rendez-vous@ateliers.test"]
        (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}::::::\n" for user in users))
        for name in ("postfix", "data", "mail", "queue"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix", "postfix")
        shutil.chown(folder / "mail", "mail", "mail")
        facts: dict[str, Any] = {"folder": folder, "port": post.smtp, "imap": post.imap, "lmtp": post.dovecot_lmtp}
        (folder / "postfix" / "main.cf").write_text(MAIN_CF.format(**facts))
        (folder / "postfix" / "master.cf").write_text(MASTER_CF.format(**facts))
        (folder / "dovecot.conf").write_text(DOVECOT_CONF.format(**facts))
        (folder / "transport").touch()
        (folder / "aliases").touch()
        dovecot = subprocess.Popen([DOVECOT, "-F", "-c", str(folder / "dovecot.conf")], start_new_session=True)
        try:
            _wait_for(post.imap, post)
            _wait_for(post.dovecot_lmtp, post)
            post._run(POSTFIX, "start")
            try:
                _wait_for(post.smtp, post)
                post.route()
                yield post
            finally:
                post._run(POSTFIX, "stop")
        finally:
            os.kill(dovecot.pid, signal.SIGTERM)
            dovecot.wait(60)


def _wait_for(port: int, post: Post) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on port {port}:\n{post.log()}")
