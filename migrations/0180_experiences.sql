-- experiences: what was learnt from an event, as its structure shares it (F11), what the structure agrees to (F12), its documents

CREATE TABLE experience (
    id            uuid PRIMARY KEY,
    event_id      uuid NOT NULL UNIQUE REFERENCES event ON DELETE RESTRICT,
    state         text NOT NULL CHECK (state IN ('draft', 'submitted', 'reviewed', 'published', 'withdrawn')),
    title         text NOT NULL CHECK (title <> ''),
    aim           text NOT NULL DEFAULT '',
    audience      text NOT NULL DEFAULT '',
    course        text NOT NULL DEFAULT '',          -- how it went
    worked        text NOT NULL DEFAULT '',
    difficulties  text NOT NULL DEFAULT '',
    advice        text NOT NULL DEFAULT '',
    content       bytea,                             -- SHA-256 of what was sent, documents with it; NULL in a draft
    words         tsvector NOT NULL DEFAULT '',
    written_by    uuid REFERENCES person ON DELETE RESTRICT,
    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,              -- of anything that a reader could notice, agreements with it
    submitted_at  timestamptz,
    published_at  timestamptz,                       -- the first time
    CHECK ((state IN ('submitted', 'reviewed', 'published')) <= (content IS NOT NULL)),
    CHECK ((state = 'published') <= (published_at IS NOT NULL))
);
CREATE INDEX experience_state ON experience (state);
CREATE INDEX experience_words ON experience USING gin (words) WHERE state = 'published';

CREATE TABLE experience_step (                       -- every change of state: who, when, why
    id             uuid PRIMARY KEY,
    experience_id  uuid NOT NULL REFERENCES experience ON DELETE CASCADE,
    at             timestamptz NOT NULL,
    by_id          uuid REFERENCES person ON DELETE RESTRICT,
    state          text NOT NULL,
    note           text NOT NULL DEFAULT ''
);
CREATE INDEX experience_step_of ON experience_step (experience_id, at);

CREATE TABLE experience_consent (                    -- never changed but by its withdrawal
    id             uuid PRIMARY KEY,
    experience_id  uuid NOT NULL REFERENCES experience ON DELETE CASCADE,
    scope          text NOT NULL CHECK (scope IN ('regional_site', 'regional_material', 'national')),
    version        text NOT NULL CHECK (version <> ''),
    wording        text NOT NULL CHECK (wording <> ''),   -- word for word what was agreed to
    content        bytea NOT NULL,                   -- experience.content at that moment: it holds for that text alone
    given_at       timestamptz NOT NULL,
    given_by       uuid NOT NULL REFERENCES person ON DELETE RESTRICT,
    withdrawn_at   timestamptz,
    withdrawn_by   uuid REFERENCES person ON DELETE RESTRICT,
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
CREATE UNIQUE INDEX experience_consent_once ON experience_consent (experience_id, scope) WHERE withdrawn_at IS NULL;
CREATE INDEX experience_consent_of ON experience_consent (experience_id, given_at);

CREATE TABLE experience_document (
    id             uuid PRIMARY KEY,
    experience_id  uuid NOT NULL REFERENCES experience ON DELETE CASCADE,
    file_id        uuid NOT NULL REFERENCES file ON DELETE RESTRICT,
    title          text NOT NULL CHECK (title <> ''),     -- of a photo: what can be seen on it
    added_at       timestamptz NOT NULL,
    added_by       uuid REFERENCES person ON DELETE RESTRICT
);
CREATE INDEX experience_document_of ON experience_document (experience_id, added_at);
