-- network: volunteers who would like to become ambassadors (A14)

CREATE TABLE candidate (
    id            uuid PRIMARY KEY,
    name          text NOT NULL CHECK (name <> ''),
    email         text NOT NULL CHECK (email = lower(email)),
    phone         text,
    commune_code  text NOT NULL,
    commune_name  text NOT NULL,
    departement   text NOT NULL,
    about         text NOT NULL DEFAULT '',          -- what they wish to do, in their words
    language      text NOT NULL,
    state         text NOT NULL CHECK (state IN ('to_confirm', 'open', 'matched', 'closed')),
    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    structure_id  uuid REFERENCES structure ON DELETE RESTRICT,  -- the one they were proposed to
    CHECK ((state = 'matched') <= (structure_id IS NOT NULL))
);
CREATE INDEX candidate_territory ON candidate (departement, state);
CREATE UNIQUE INDEX candidate_once ON candidate (email) WHERE state = 'open';
