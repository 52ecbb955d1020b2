"""The door of structures: managers and ambassadors, signed in."""
