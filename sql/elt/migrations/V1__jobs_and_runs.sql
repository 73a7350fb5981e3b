-- Schema elt: the state of each copy and its runs. It lies in A beside the tables it is about, so that one transaction
-- writes both.

CREATE TABLE elt.jobs (
    target           text PRIMARY KEY,
    job              text NOT NULL,
    file             text NOT NULL,
    token            uuid NOT NULL,
    watermark        jsonb NOT NULL,
    create_hash      text,
    query_hash       text,
    keys_hash        text,
    keys_count       bigint,
    keys_sum         text,
    keys_compared_at timestamptz,
    unresolved       text,
    status           text NOT NULL,
    failures         integer NOT NULL DEFAULT 0,
    note             text,
    instance         text NOT NULL,
    finished_at      timestamptz,
    succeeded_at     timestamptz
);
COMMENT ON TABLE elt.jobs IS 'The state of each copy, one row per TARGET_TABLE';
COMMENT ON COLUMN elt.jobs.target IS 'TARGET_TABLE, quoted, with its schema';
COMMENT ON COLUMN elt.jobs.job IS 'The name of the job that wrote last: the stem of its file';
COMMENT ON COLUMN elt.jobs.file IS 'The file of that job';
COMMENT ON COLUMN elt.jobs.token IS 'Renewed by each commit that changes rows, hashes or the watermark. Hashes in Redis count only under this token';
COMMENT ON COLUMN elt.jobs.watermark IS 'Entries of snapshots (crates/elt/src/watermark.rs); times are microseconds since 2000-01-01';
COMMENT ON COLUMN elt.jobs.create_hash IS 'BLAKE3 of CREATE_TABLE_SQL as it was last executed';
COMMENT ON COLUMN elt.jobs.query_hash IS 'BLAKE3 of SELECT_SOURCE_SQL and UPSERT_TARGET_SQL; another one causes a full read';
COMMENT ON COLUMN elt.jobs.keys_hash IS 'BLAKE3 of SELECT_KEYS_SQL, KEY_COLUMNS and DELETE; another one causes a comparison of keys';
COMMENT ON COLUMN elt.jobs.keys_count IS 'Number of keys of M when they were last compared';
COMMENT ON COLUMN elt.jobs.keys_sum IS 'Sum of the hashes of these keys';
COMMENT ON COLUMN elt.jobs.keys_compared_at IS 'Time of that comparison';
COMMENT ON COLUMN elt.jobs.unresolved IS 'Hash of the differences that a repair did not remove; they are tried again when it changes';
COMMENT ON COLUMN elt.jobs.status IS 'Outcome of the last cycle: ok, held, failed';
COMMENT ON COLUMN elt.jobs.failures IS 'Number of cycles that have failed since the last success';
COMMENT ON COLUMN elt.jobs.note IS 'The error of the last cycle or what it has to tell, without values of rows';
COMMENT ON COLUMN elt.jobs.instance IS 'The process that finished the last cycle';
COMMENT ON COLUMN elt.jobs.finished_at IS 'End of the last cycle';
COMMENT ON COLUMN elt.jobs.succeeded_at IS 'End of the last cycle with outcome ok';

CREATE TABLE elt.runs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target      text NOT NULL,
    job         text NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome     text NOT NULL,
    seconds     double precision NOT NULL,
    read        bigint NOT NULL,
    unchanged   bigint NOT NULL,
    inserted    bigint NOT NULL,
    updated     bigint NOT NULL,
    deleted     bigint NOT NULL,
    repaired    bigint NOT NULL,
    missing     bigint NOT NULL,
    note        text,
    error       text,
    detail      text
);
CREATE INDEX runs_of_a_job ON elt.runs (job, finished_at DESC);
CREATE INDEX runs_by_age ON elt.runs (finished_at);
COMMENT ON TABLE elt.runs IS 'One row per cycle, kept for RUNS_KEEP';
COMMENT ON COLUMN elt.runs.target IS 'TARGET_TABLE, quoted, with its schema';
COMMENT ON COLUMN elt.runs.job IS 'The name of the job';
COMMENT ON COLUMN elt.runs.finished_at IS 'End of the cycle';
COMMENT ON COLUMN elt.runs.outcome IS 'ok, held, failed';
COMMENT ON COLUMN elt.runs.seconds IS 'Duration of the cycle';
COMMENT ON COLUMN elt.runs.read IS 'Rows of SELECT_SOURCE_SQL';
COMMENT ON COLUMN elt.runs.unchanged IS 'Rows that A already held';
COMMENT ON COLUMN elt.runs.inserted IS 'Rows inserted in A';
COMMENT ON COLUMN elt.runs.updated IS 'Rows updated in A; of an UPSERT_TARGET_SQL that runs row by row all rows it wrote';
COMMENT ON COLUMN elt.runs.deleted IS 'Rows deleted, or marked as deleted';
COMMENT ON COLUMN elt.runs.repaired IS 'Rows written because the keys differed, not because the cursor had moved';
COMMENT ON COLUMN elt.runs.missing IS 'Keys of M that A lacks and that SELECT_SOURCE_SQL does not return';
COMMENT ON COLUMN elt.runs.note IS 'What a good cycle has to tell: the reason of a full read, deletes that were held, duplicates';
COMMENT ON COLUMN elt.runs.error IS 'The error, without values of rows';
COMMENT ON COLUMN elt.runs.detail IS 'The message, detail and row that PostgreSQL reports; may contain values';
