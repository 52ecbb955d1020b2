"""What time it is: the only module that asks the system."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, UTC. Doors and the worker hand it to use cases."""
    return datetime.now(UTC)
