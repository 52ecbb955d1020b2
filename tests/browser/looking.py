"""Looking at a page as machines can: what is wrong to axe, by keyboard and without scripts, and whether it shows anything new."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

import pytest
from fasteners import InterProcessLock

axe = pytest.importorskip("axe_playwright_python.base")

EVERYTHING = "{resultTypes: ['violations']}"
STOPS_IN_FRAMES = 40  # of a page shown within a page, at most
COLOURS = (
    "{resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block']}"  # what a colour scheme changes
)

# A page as its elements stand in one another, without their words; equal siblings once. Two pages of one skeleton are drawn by
# the same rules. `kinds` are its elements each with those around it: what style sheets can tell apart.
SKELETON = """() => {
    const kinds = new Set();
    const told = (a) => /^(role|type|aria-(?!label|desc|cont)|open|hidden|disabled|lang)/.test(a.name);
    const walk = (e, above) => {
        const names = [...e.attributes].map((a) => told(a) ? `${a.name}=${a.value}` : a.name).sort().join(" ");
        const kind = `${e.localName}.${[...e.classList].sort().join(".")}`;
        kinds.add(`${above}>${kind}${[...e.attributes].filter(told).map((a) => a.name + a.value)}`);
        const said = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        const inside = [...e.children].map((child) => walk(child, `${above}>${kind}`));
        return `<${kind} ${names}${said ? " T" : ""}>${inside.filter((one, n) => one !== inside[n - 1]).join("")}</>`;
    };
    return [walk(document.body, ""), [...kinds]];
}"""

# Links that only a script made, and forms that nothing sends without one.
NEEDS_SCRIPTS = """(text) => {
    const plain = new DOMParser().parseFromString(text, "text/html");
    const links = (root) => new Set([...root.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")));
    const without = links(plain);
    const sends = "button:not([type=button]):not([hidden]), input[type=submit]";
    return [
        ...[...links(document)].filter((href) => !without.has(href)).map((href) => `a link made by a script: ${href}`),
        ...[...plain.querySelectorAll("form")].filter((form) => !form.querySelector(sends) && !plain.querySelector(`[form="${form.id}"]`))
            .map((form) => `a form without a button: ${form.action}`),
    ];
}"""

# What the Tab key must reach: one of each group of radio buttons, nothing that is not shown.
REACHABLE = """() => {
    const groups = new Set();
    const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    window.reachable = [...document.querySelectorAll(all)].filter((e) => {
        if (e.disabled || !e.checkVisibility({visibilityProperty: true}) || e.tabIndex < 0) return false;
        if (e.type !== "radio") return true;
        const first = !groups.has(e.name);
        groups.add(e.name);
        return first;
    });
    window.reached = new Set();
    window.unseen = [];
    document.activeElement.blur();
    document.addEventListener("focusin", ({target}) => {
        window.reached.add(target.type === "radio" ? target.name : target);
        const marked = (e, part) => {
            const style = getComputedStyle(e, part);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
        };
        if (!marked(target) && !marked(target, "::after") && !(target.closest("label") && marked(target.closest("label")))) window.unseen.push(target.outerHTML);
    });
    return window.reachable.length;
}"""
REACHED = """() => [
    ...window.reachable.filter((e) => !window.reached.has(e.type === "radio" ? e.name : e)).map((e) => `not reached by Tab: ${e.outerHTML.slice(0, 90)}`),
    ...window.unseen.map((html) => `focus is not seen on ${html.slice(0, 90)}`),
]"""


class Looks:
    """What was looked at already, by any process of this run: readers and journeys share most pages."""

    file: Path  # given by the browser's fixture

    def claim(self, texts: Iterable[str]) -> set[str]:
        """Those of `texts` that nobody claimed before."""
        named = {blake2b(text.encode(), digest_size=16).hexdigest(): text for text in texts}
        with InterProcessLock(self.file.with_suffix(".lock")), self.file.open("a+") as file:
            file.seek(0)
            fresh = named.keys() - set(file.read().split())
            file.write("".join(f"{name}\n" for name in fresh))
        return {named[name] for name in fresh}

    def at(self, page, path: str, *, by_keyboard: bool) -> list[str]:
        """What is wrong with the page: at 320 and 1280 px, in light and dark. A page of a known skeleton has been looked at.

        One of a new skeleton whose every element stood in other pages is looked at on the narrow screen only.
        """
        skeleton, kinds = page.evaluate(SKELETON)
        is_new, has_new = bool(self.claim([skeleton])), bool(self.claim(kinds))
        wrong = []
        if is_new:
            page.evaluate(axe.AXE_SCRIPT)
        for width, scheme, rules in (
            (320, "light", EVERYTHING),
            (320, "dark", COLOURS),
            (1280, "dark", EVERYTHING),
            (1280, "light", COLOURS),
        ):
            is_shown_elsewhere = not has_new and (width, scheme) != (320, "light")
            if is_shown_elsewhere and rules is COLOURS:
                continue
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if too_wide > 0:
                wrong.append(f"{path} at {width} px: {too_wide} px too wide")
            for violation in (
                page.evaluate(f"axe.run({rules}).then(found => found.violations)")
                if is_new and not is_shown_elsewhere
                else []
            ):
                nodes = [" ".join(node["target"][-1:]) for node in violation["nodes"][:3]]
                wrong.append(f"{path} at {width} px in {scheme}: {violation['id']} ({violation['help']}) {nodes}")
        if is_new and by_keyboard:
            wrong += [f"{path}: {fault}" for fault in keyboard_faults(page)]
        return wrong


LOOKS = Looks()


def look(page, path: str) -> list[str]:
    """What is wrong with one page of a journey."""
    return LOOKS.at(page, path, by_keyboard=False)


def keyboard_faults(page) -> list[str]:
    """What the Tab key does not reach, and where the reader cannot see that it stands."""
    for _step in range(page.evaluate(REACHABLE) + 1):
        page.keyboard.press("Tab")
    for _step in range(STOPS_IN_FRAMES):
        if not page.evaluate(REACHED):
            return []
        page.keyboard.press("Tab")
    return page.evaluate(REACHED)
