"""What calendars, readers and other sites follow: public feeds in four formats, and a person's own calendar."""
