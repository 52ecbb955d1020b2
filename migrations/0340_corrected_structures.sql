-- network: a coordinator corrects a structure's name and numbers; what was signed stays signed under those of that day.

ALTER TABLE structure_history ADD COLUMN corrected boolean NOT NULL DEFAULT false;  -- true: its state stayed, its name, number or place was corrected

ALTER TABLE signature ADD COLUMN structure_name text, ADD COLUMN siret text, ADD COLUMN rna text;
UPDATE signature g SET structure_name = o.name, siret = o.siret, rna = o.rna FROM structure o WHERE o.id = g.structure_id;
ALTER TABLE signature ALTER COLUMN structure_name SET NOT NULL;
