-- exchange: feeds that other calendars and sites follow

CREATE TABLE feed_revision (                         -- when what a feed says last changed: its date never goes back (rule F5)
    key          text PRIMARY KEY,                   -- exchange.feeds: which feed
    state        bytea NOT NULL,                     -- digest of what it said then
    modified_at  timestamptz NOT NULL
);

CREATE TABLE personal_feed (                         -- the bookings of one person as a private calendar (rule F9)
    id           uuid PRIMARY KEY,
    token_hash   bytea NOT NULL UNIQUE,              -- of the secret in its address, which is computed and never stored
    contact_key  bytea NOT NULL,                     -- whose bookings: booking.contact_key and booking.person_key
    person_key   bytea NOT NULL,
    language     text NOT NULL,
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);
CREATE UNIQUE INDEX personal_feed_person ON personal_feed (contact_key, person_key) WHERE revoked_at IS NULL;
