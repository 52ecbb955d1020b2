-- exchange: a file of sessions between its preview and its import; forgotten after a day (B24)

CREATE TABLE import_file (
    id            uuid PRIMARY KEY,
    structure_id  uuid NOT NULL REFERENCES structure ON DELETE CASCADE,
    by_id         uuid NOT NULL REFERENCES person ON DELETE CASCADE,  -- who sent it, and alone may read it
    name          text NOT NULL,
    content       bytea NOT NULL,
    usual         jsonb NOT NULL,                    -- what holds where a row says nothing: exchange.imports.session_rows.Usual
    created_at    timestamptz NOT NULL
);
