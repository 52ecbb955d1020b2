"""ateliers: publish and book workshops of the network of structures ambassadrices Mon espace santé."""

import zoneinfo

__version__ = "0.1.0"

# Clocks come from the pinned tzdata package, not from whatever the system carries: laws change, images age (rule T5).
zoneinfo.reset_tzpath(())
