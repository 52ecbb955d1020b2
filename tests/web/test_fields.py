"""Whatever is typed or sent, a struct is filled or every wrong field is named."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from ateliers.refusals import Invalid
from ateliers.web.fields import close_up, parse
from ateliers.web.forms import Form, form_fields


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Owner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=20, title="Name of the owner")]
    email: Annotated[str, Meta(max_length=50, pattern=r"^\S+@\S+$", extra={"error": "Write an address."})] | None = None


class Car(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    owner: Owner
    colour: Colour
    seats: Annotated[int, Meta(ge=1, le=9)] = 4
    built: datetime | None = None
    extras: list[Colour] = []
    notes: Annotated[str, Meta(max_length=100, extra={"input": "textarea"})] = ""
    agreed: bool = False

    def __post_init__(self) -> None:
        if self.colour is Colour.RED and self.seats == 2:
            raise Invalid({"seats": "No red car has two seats."})


def told(errors: dict[str, list[Any]]) -> dict[str, list[str]]:
    return {name: [message.message for message in messages] for name, messages in errors.items()}


def test_a_browsers_form_fills_the_struct():
    raw = form_fields(
        b"owner.name=+Odile%0D%0ABcc%3A+x%00&owner.email=&colour=blue&seats=1%200&built=2026-12-01T14%3A30&extras=red&notes=a%0D%0Ab&agreed=1"
    )
    assert told(parse(Car, raw, typed=False)[1]) == {"seats": ["The largest number possible is %(n)s."]}
    raw["seats"] = ["3"]
    car, errors = parse(Car, raw, typed=False)
    assert errors == {}
    assert car == Car(
        owner=Owner(name="Odile Bcc: x"),
        colour=Colour.BLUE,
        seats=3,
        built=datetime(2026, 12, 1, 14, 30),  # noqa: DTZ001 - a wall clock
        extras=[Colour.RED],
        notes="a\nb",
        agreed=True,
    )


def test_every_wrong_field_of_a_body_is_named_at_once():
    body = {
        "owner": {"name": "", "email": "x", "age": 3},
        "colour": "green",
        "seats": "2",
        "wheels": 4,
        "built": "soon",
    }
    assert told(parse(Car, body, typed=True)[1]) == {
        "owner.name": ["Fill in this answer."],
        "owner.email": ["Write an address."],
        "owner.age": ["This field does not exist."],
        "colour": ["Choose one of the answers offered."],
        "seats": ["Write a whole number."],
        "built": ["Write a date and time that exist."],
        "wheels": ["This field does not exist."],
    }


def test_a_rule_across_fields_is_told_beside_its_field():
    body = {"owner": {"name": "Odile"}, "colour": "red", "seats": 2}
    assert told(parse(Car, body, typed=True)[1]) == {"seats": ["No red car has two seats."]}


def test_a_missing_object_is_named():
    assert told(parse(Car, {"colour": "red"}, typed=True)[1]) == {"owner": ["Fill in this answer."]}
    assert told(parse(Car, {"owner": [], "colour": "red"}, typed=True)[1]) == {"owner": ["Give an object."]}


def test_a_form_keeps_what_was_typed_and_knows_its_inputs():
    form = Form(Car, {"seats": ["eleven"]}, None, {}, sent=True)
    assert form["seats"].value == "eleven"
    assert form["seats"].attributes == {"min": 1, "max": 9}
    assert form["owner.name"].label == "Name of the owner"
    assert form["owner.name"].id == "f-owner-name"
    assert Form.of(Car)["seats"].value == "4"
    assert Form.of(Car, colour=Colour.BLUE)["colour"].value == "blue"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["owner", "colour", "seats", "built", "extras", "notes", "agreed", "x"]), json_values
    )
)
def test_no_body_is_a_fault(body: dict[str, Any]):
    car, errors = parse(Car, body, typed=True)
    assert (car is None) == bool(errors)


@given(st.binary(max_size=300))
def test_no_form_is_a_fault(body: bytes):
    car, errors = parse(Car, form_fields(body), typed=False)
    assert (car is None) == bool(errors)
    msgspec.json.encode({name: [str(message) for message in messages] for name, messages in errors.items()})


class Wheel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Annotated[str, Meta(extra={"input": "hidden"})] = ""
    maker: Annotated[str, Meta(max_length=5)] = ""
    colour: Colour = Colour.RED
    marks: Annotated[list[str], Meta(extra={"input": "textarea"})] = []


class Cart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    wheels: Annotated[list[Wheel], Meta(max_length=2)] = []


def test_rows_of_a_form_fill_a_list_and_blank_ones_are_left_out():
    raw = {
        "wheels.0.id": ["w0"],
        "wheels.0.maker": [" "],
        "wheels.0.colour": ["blue"],
        "wheels.2.id": ["w2"],
        "wheels.2.marks": ["x\r\n\r\ny"],
        "wheels.11.maker": ["B"],
        "wheels.11.colour": ["blue"],
        "wheels.1x.maker": ["C"],
    }

    closed = close_up(Cart, raw)
    cart, errors = parse(Cart, closed, typed=False)

    assert (cart, errors) == (
        Cart(wheels=[Wheel(id="w2", marks=["x", "y"]), Wheel(maker="B", colour=Colour.BLUE)]),
        {},
    )
    form = Form(Cart, closed, cart, errors, sent=True)
    assert [form[f"wheels.{n}.maker"].value for n in range(3)] == ["", "B", ""]
    assert Form.of(Cart, cart)["wheels.0.marks"].value == "x\ny"


def test_what_is_wrong_in_a_row_is_told_by_its_number():
    typed = {"wheels": [{"maker": "ok"}, {"maker": "too long", "seats": 1}]}

    assert list(parse(Cart, typed, typed=True)[1]) == ["wheels.1.maker", "wheels.1.seats"]
    assert list(parse(Cart, {"wheels": [{}] * 3}, typed=True)[1]) == ["wheels"]
    assert list(parse(Cart, {"wheels": [1]}, typed=True)[1]) == ["wheels.0"]
    assert list(parse(Cart, {"wheels": {}}, typed=True)[1]) == ["wheels"]
    assert parse(Cart, {}, typed=True) == (Cart(), {})
