-- The script of Chinese in which a published list is given; empty: each text as it was written.
ALTER TABLE publication ADD COLUMN script TEXT NOT NULL DEFAULT '';
