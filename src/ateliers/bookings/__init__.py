"""Who comes: the desk, admission, the waiting list, reminders, news of changes."""
