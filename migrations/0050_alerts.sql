-- agenda: « prévenez-moi » (B15): who would like to hear of new sessions around a commune

CREATE TABLE alert (
    id            uuid PRIMARY KEY,
    email         text NOT NULL CHECK (email = lower(email)),
    language      text NOT NULL,
    commune_code  text NOT NULL,                     -- INSEE
    within_km     integer NOT NULL CHECK (within_km > 0),
    kind          text,                              -- NULL: any
    created_at    timestamptz NOT NULL,
    confirmed_at  timestamptz,                       -- the address is theirs
    told_until    timestamptz NOT NULL,              -- what was published until then was told or is no news
    looked_at     timestamptz NOT NULL               -- when the worker last looked for it
);
CREATE UNIQUE INDEX alert_once ON alert (email, commune_code, kind) NULLS NOT DISTINCT WHERE confirmed_at IS NOT NULL;
CREATE INDEX alert_due ON alert (looked_at) WHERE confirmed_at IS NOT NULL;
