"""ateliers: publish and book workshops of the network of structures ambassadrices Mon espace santé."""

__version__ = "0.1.0"
