-- attendance: who ran a session and what time it took (E14). The names go one day; the sums stay with the session's figures.

CREATE TABLE effort (
    id            uuid PRIMARY KEY,
    session_id    uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    position      integer NOT NULL,                  -- order on the form
    name          text NOT NULL CHECK (name <> ''),
    is_volunteer  boolean NOT NULL,                  -- false: paid for it
    minutes       integer NOT NULL CHECK (minutes BETWEEN 0 AND 1440),      -- on the spot
    preparation   integer NOT NULL CHECK (preparation BETWEEN 0 AND 6000),  -- minutes: before and after, travel included
    recorded_at   timestamptz NOT NULL,
    recorded_by   uuid REFERENCES person ON DELETE RESTRICT,
    UNIQUE (session_id, position)
);

CREATE TABLE effort_sum (                            -- of each session of which it was told, kept in the same transaction
    session_id             uuid PRIMARY KEY REFERENCES session ON DELETE RESTRICT,
    people                 integer NOT NULL CHECK (people > 0),
    volunteers             integer NOT NULL CHECK (volunteers BETWEEN 0 AND people),
    minutes                integer NOT NULL,         -- of everybody, on the spot
    preparation            integer NOT NULL,         -- of everybody
    volunteer_minutes      integer NOT NULL,         -- of the volunteers among them
    volunteer_preparation  integer NOT NULL,
    changed_at             timestamptz NOT NULL,
    CHECK (volunteer_minutes <= minutes AND volunteer_preparation <= preparation)
);
