-- agenda: the ambassador's kit (A13). A thing of the kit keeps its address when a new version comes; versions are never changed.

CREATE TABLE kit_item (
    id            uuid PRIMARY KEY,
    title         text NOT NULL CHECK (title <> ''),
    description   text NOT NULL,
    kinds         text[] NOT NULL,                   -- agenda.kinds.Kind it is for; none: every kind
    departements  text[],                            -- whose structures are shown it; NULL: the whole network
    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    created_by    uuid REFERENCES person ON DELETE RESTRICT,
    obsolete_at   timestamptz,
    obsolete_why  text NOT NULL DEFAULT '',          -- and what to use instead
    CHECK ((obsolete_at IS NULL) = (obsolete_why = ''))
);

CREATE TABLE kit_version (
    id            uuid PRIMARY KEY,
    item_id       uuid NOT NULL REFERENCES kit_item ON DELETE RESTRICT,
    number        integer NOT NULL CHECK (number > 0),
    file_id       uuid REFERENCES file ON DELETE RESTRICT,
    link          text,                              -- https://…
    licence       text NOT NULL,                     -- agenda.kit.Licence
    changes       text NOT NULL,                     -- since the version before
    published_at  timestamptz NOT NULL,
    published_by  uuid REFERENCES person ON DELETE RESTRICT,
    downloads     integer NOT NULL DEFAULT 0 CHECK (downloads >= 0),
    UNIQUE (item_id, number),
    CHECK ((file_id IS NULL) <> (link IS NULL))
);
