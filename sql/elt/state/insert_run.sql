-- A row of the history of runs.
INSERT INTO elt.runs (
    target, job, outcome, seconds, read, unchanged, inserted, updated, deleted, repaired, missing, note, error, detail
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
