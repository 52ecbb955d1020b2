"""What is offered: kinds, events, dated sessions, publishing, moving, calling off."""
