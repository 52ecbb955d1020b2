-- network: who applies, before there is a structure (A1). The structure is made when the form is sent.

CREATE TABLE application (
    id             uuid PRIMARY KEY,
    email          text NOT NULL CHECK (email = lower(email)),  -- proved by the link that leads to the form
    language       text NOT NULL,
    created_at     timestamptz NOT NULL,
    structure_id   uuid UNIQUE REFERENCES structure ON DELETE RESTRICT,
    manager_name   text,                             -- who will manage the structure's events once admitted
    CHECK ((structure_id IS NULL) = (manager_name IS NULL))
);
CREATE INDEX application_email ON application (email, created_at);
