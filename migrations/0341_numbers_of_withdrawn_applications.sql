-- network: an application that was withdrawn before the answer no longer keeps its number from another.

ALTER TABLE structure DROP CONSTRAINT structure_siret_key, DROP CONSTRAINT structure_rna_key;
CREATE UNIQUE INDEX structure_siret ON structure (siret) WHERE state <> 'withdrawn' OR admitted_at IS NOT NULL;
CREATE UNIQUE INDEX structure_rna ON structure (rna) WHERE state <> 'withdrawn' OR admitted_at IS NOT NULL;
