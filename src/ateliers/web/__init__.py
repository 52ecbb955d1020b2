"""The doors: one folder per audience; each handler makes a struct, calls one use case, shows the answer."""
