"""A real Thunderbird, without a screen, told what to do through its Marionette port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

PREFERENCES = {
    "app.donation.eoy.version.viewed": 999,
    "app.update.auto": False,
    "calendar.timezone.local": "Europe/Paris",
    "calendar.timezone.useSystemTimezone": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.account.account1.server": "server1",
    "mail.account.account2.identities": "id1",
    "mail.account.account2.server": "server2",
    "mail.accountmanager.accounts": "account1,account2",
    "mail.accountmanager.defaultaccount": "account2",
    "mail.accountmanager.localfoldersserver": "server1",
    "mail.identity.id1.fullName": "Odile Marchand",
    "mail.identity.id1.useremail": "odile@example.test",
    "mail.identity.id1.valid": True,
    "mail.openMessageBehavior": 0,  # in a window of its own
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.server.server1.hostname": "Local Folders",
    "mail.server.server1.name": "Local Folders",
    "mail.server.server1.type": "none",
    "mail.server.server1.userName": "nobody",
    "mail.server.server2.check_new_mail": False,
    "mail.server.server2.hostname": "localhost",
    "mail.server.server2.login_at_startup": False,
    "mail.server.server2.name": "odile",
    "mail.server.server2.type": "pop3",
    "mail.server.server2.userName": "odile",
    "mail.shell.checkDefaultClient": False,
    "mailnews.start_page.enabled": False,
    "network.proxy.type": 0,
    "toolkit.telemetry.enabled": False,
}
HELPERS = """
const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what, found) {
  for (let turn = 0; turn < 300; turn++) {
    const seen = await found();
    if (seen) return seen;
    await wait(100);
  }
  throw new Error(`waited in vain: ${what}`);
}
"""


SHOW = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const windows = () => [...Services.wm.getEnumerator("mail:messageWindow")];
for (const open of windows()) open.close();
await until("closed windows", () => windows().length == 0);
const [calendar] = cal.manager.getCalendars();
calendar.setProperty("disabled", false);
calendar.setProperty("imip.identity.key", "id1");
const root = MailServices.accounts.localFoldersServer.rootFolder.QueryInterface(Ci.nsIMsgLocalMailFolder);
const folder = root.containsChildNamed("Received") ? root.getChildNamed("Received") : root.createLocalSubfolder("Received");
const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(args[0]);
await new Promise((resolve, reject) => {
  MailServices.copy.copyFileMessage(file, folder, null, false, 0, "", {
    QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
    onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId: () => null,
    onStopCopy: (status) => Components.isSuccessCode(status) ? resolve() : reject(new Error(`copy: ${status}`)),
  }, null);
});
MailUtils.displayMessage([...folder.messages].at(-1));
const shown = await until("message", () => {
  const inside = windows()[0]?.messageBrowser?.contentDocument;
  return inside?.readyState == "complete" && inside.getElementById("imip-bar")?.collapsed === false && inside;
});
"""
# Thunderbird says at first that it can do nothing, then looks whether it knows the event: read once it stays the same.
READ = """
const shown = [...Services.wm.getEnumerator("mail:messageWindow")][0].messageBrowser.contentDocument;
const look = () => ({
  text: shown.querySelector("#imip-bar .msgNotificationBarText").textContent,
  buttons: [...shown.querySelectorAll("#imip-view-toolbar > toolbarbutton")].filter((b) => !b.hidden).map((b) => b.id).sort(),
});
let before = "", steady = 0;
await until("steady bar", async () => {
  const now = JSON.stringify(look());
  steady = now == before ? steady + 1 : 0;
  before = now;
  return steady >= 15;
});
return look();
"""
PRESS = """
const shown = [...Services.wm.getEnumerator("mail:messageWindow")][0].messageBrowser.contentDocument;
shown.getElementById(args[0]).doCommand();
"""
EVENTS = """
const [calendar] = cal.manager.getCalendars();
const items = await calendar.getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
return items.map((item) => ({
  uid: item.id, start: item.startDate.nativeTime / 1e6, sequence: Number(item.getProperty("SEQUENCE") || 0),
  title: item.title, place: item.getProperty("LOCATION"), status: item.status, privacy: item.privacy,
  answers: item.getAttendees().map((attendee) => [attendee.id, attendee.participationStatus]),
}));
"""


class Thunderbird:
    """Started with a fresh profile of ODILE; stopped by `close`."""

    def __init__(self, profile: Path, *, port: int) -> None:
        profile.mkdir(parents=True)
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in PREFERENCES.items()]
        lines.append(f'user_pref("marionette.port", {port});\n')
        (profile / "user.js").write_text("".join(lines), encoding="utf-8")
        self.process = subprocess.Popen(
            [
                "thunderbird",
                "--headless",
                "--no-remote",
                "--marionette",
                "--remote-allow-system-access",
                "--profile",
                profile,
            ],
            env={**os.environ, "HOME": str(profile), "MOZ_HEADLESS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.number = 0
        self.socket = self._connect(port)
        self._receive()  # its greeting
        self._ask("WebDriver:NewSession", {"capabilities": {}})
        self._ask("Marionette:SetContext", {"value": "chrome"})
        self._ask("WebDriver:SetTimeouts", {"script": 60_000})

    def close(self) -> None:
        """End it."""
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run(self, script: str, *args: Any) -> Any:
        """What the body of an async function returns, inside Thunderbird."""
        body = f"""
            const [args, done] = [arguments[0], arguments[arguments.length - 1]];
            (async () => {{ {HELPERS} {script} }})().then(
                (value) => done({{ value }}), (error) => done({{ error: String(error) + "\\n" + error.stack }}));
        """
        answer = self._ask("WebDriver:ExecuteAsyncScript", {"script": body, "args": [list(args)]})["value"]
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("value")

    def show(self, message: Path) -> dict[str, Any]:
        """Receive the message and open it: what the bar above it says, and its buttons."""
        self.run(SHOW, str(message))
        found: dict[str, Any] = self.run(READ)
        return found

    def press(self, button: str) -> None:
        """A button of the bar, or an entry of its menu."""
        self.run(PRESS, button)

    def events(self) -> list[dict[str, Any]]:
        """What stands in the calendar."""
        found: list[dict[str, Any]] = self.run(EVENTS)
        return found

    def _connect(self, port: int) -> socket.socket:
        for _turn in range(300):
            assert self.process.poll() is None, "Thunderbird ended"
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=120)
            except OSError:
                time.sleep(0.2)
        raise TimeoutError

    def _ask(self, command: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self.number += 1
        raw = json.dumps([0, self.number, command, parameters]).encode()
        self.socket.sendall(f"{len(raw)}:".encode() + raw)
        _kind, _number, error, answer = self._receive()
        assert error is None, error
        return answer if isinstance(answer, dict) else {"value": answer}

    def _receive(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self.socket.recv(1)
        left, parts = int(length[:-1]), []
        while left:
            part = self.socket.recv(min(left, 65_536))
            parts.append(part)
            left -= len(part)
        return json.loads(b"".join(parts))
