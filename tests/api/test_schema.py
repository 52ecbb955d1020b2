"""Schemathesis over the whole API: whatever fits or does not fit the description, the answer is one that it promises."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ateliers.web.api.description import description
from tests.api.conftest import Desk
from tests.world import make_booking

EXAMPLES = 25  # of each mode, for each operation, and others in each run: well under a minute in all
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(msgspec.json.decode(description()))
OPERATIONS = {f"{op.method.upper()} {op.path}": op for op in (found.ok() for found in SCHEMA.get_all_operations())}


def draw_cases(operation: Any, mode: GenerationMode) -> list[tuple[Case, bool, bool]]:
    """Cases of one operation; whether to aim at an address that exists, and to bring a token that works.

    Drawn before anything is sent: hypothesis steers by exceptions that would end the loop which all tests share.
    """
    cases: list[tuple[Case, bool, bool]] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), exists=st.booleans(), works=st.booleans())
    def collect(case: Case, exists: bool, works: bool) -> None:
        cases.append((case, exists, works))

    try:
        collect()
    except Unsatisfiable:
        return []  # nothing can be wrong about an operation without parameters
    return cases


def sent(case: Case) -> dict[str, Any]:
    """The case as httpx takes it. Header values that HTTP cannot carry are left out."""
    made = case.as_transport_kwargs(base_url="http://ateliers.test")
    headers = {
        name: value for name, value in (made.get("headers") or {}).items() if value.isascii() and value.isprintable()
    }
    body = {"json": made["json"]} if "json" in made else {"content": made.get("data")}
    return {"method": made["method"], "url": made["url"], "params": made.get("params"), "headers": headers, **body}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", OPERATIONS)
async def test_every_answer_is_one_that_the_description_promises(desk: Desk, name: str, mode: GenerationMode):
    await make_booking(desk.session_id, code="AAAAA2")
    known = {
        "session_id": str(desk.session_id),
        "event_id": str(desk.event_id),
        "seat_id": "AAAAA2-1",
        "code": "AAAAA2",
        "file": f"{desk.session_id}.ics" if "calendar/sessions" in name else "ccas-de-nevers.ics",
    }
    broken = []
    for case, exists, works in draw_cases(OPERATIONS[name], mode):
        if exists:
            case.path_parameters.update({key: known[key] for key in case.path_parameters})
        if works:
            case.headers.update(desk.staff)
        try:
            answer = await desk.client.request(**sent(case))
        except httpx.InvalidURL:
            continue
        if answer.request.url.path.count("/") != name.count("/"):
            continue  # a slash or a dot in a parameter made it another address
        try:
            case.validate_response(answer, checks=CHECKS)
        except BaseExceptionGroup as failures:
            broken.append(f"{[str(one) for one in failures.exceptions]}\n{case.as_curl_command()}\n{answer.text[:300]}")
    assert broken == []
