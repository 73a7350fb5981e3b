-- Sets the schema that this batch writes to: cdm or, during a rebuild, cdm_rebuild. Returns whether it is cdm. The
-- upserts that follow are not schema-qualified; the rest of search_path is that of every transaction. Must run after
-- join_batches.
-- $1 service
SELECT
    NOT c.is_rebuilt AS is_public,
    set_config(
        'search_path',
        CASE WHEN c.is_rebuilt THEN 'pg_catalog, cdm_rebuild, pg_temp' ELSE 'pg_catalog, cdm, pg_temp' END,
        true
    )
FROM (
    SELECT EXISTS (SELECT FROM public.tagmill_rebuilds AS r WHERE r.service = $1) AS is_rebuilt
) AS c
