-- Where this batch writes: the marts, or, during a rebuild, those that are being built. The statements after it name no
-- schema. To be sent after join_batches. The rest of the path is that of every transaction.
-- $1 service
SELECT
    set_config(
        'search_path',
        CASE
            WHEN EXISTS (SELECT FROM public.tagmill_rebuilds AS r WHERE r.service = $1)
                THEN 'pg_catalog, cdm_rebuild, pg_temp'
            ELSE 'pg_catalog, cdm, pg_temp'
        END,
        true
    )
