"""How far apart two points are, as the crow flies."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS = 6371.0  # kilometres, mean


def kilometres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance between two points given in degrees (haversine)."""
    north, other_north = radians(latitude), radians(other_latitude)
    half_north = sin((other_north - north) / 2) ** 2
    half_east = sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(half_north + cos(north) * cos(other_north) * half_east)))
