"""How much memory the whole service takes at rest: web and worker, without PostgreSQL."""

from __future__ import annotations

import asyncio
import urllib.request
from http import HTTPStatus

import psutil

from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.mailbox import free_port

PAGES = ("/", "/en/", "/health/ready", "/signataires", "/connexion", "/metrics")
MIB = 1024 * 1024


@work("memory", unit="MiB", goal=220, at_most=True)
async def memory(yard: Yard) -> Measure:
    """Resident memory of all processes after each page was served once; what they share is counted for each."""
    port = free_port()
    async with yard.web_process(port) as web, yard.worker() as worker:
        served = 0
        for path in PAGES:
            served += await asyncio.to_thread(_status, f"http://127.0.0.1:{port}{path}") == HTTPStatus.OK
        await asyncio.sleep(1 if yard.quick else 5)
        sizes = {name: _resident(process.pid) / MIB for name, process in (("web", web), ("worker", worker))}
    note = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
    return Measure(value=sum(sizes.values()), note=f"{note}; {served} pages served", sound=served > 1)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a loopback address of ours
            return int(answer.status)
    except urllib.request.HTTPError as no:
        return no.code


def _resident(pid: int) -> int:
    top = psutil.Process(pid)
    return sum(int(process.memory_info().rss) for process in (top, *top.children(recursive=True)))
