-- The title in English, for versions published from a file; '' where the French one stands for both.
ALTER TABLE charter ADD COLUMN title_en text NOT NULL DEFAULT '';
