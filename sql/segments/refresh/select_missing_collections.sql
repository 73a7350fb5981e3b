-- The views of the customer's five collections that do not exist: their names were taken, or schema public was not writable.
SELECT wanted.name
FROM unnest(ARRAY['segmenter', 'segmenter_consumers', 'segmenter_log', 'segmenter_segments', 'segmenter_subscriptions']) AS wanted (name)
WHERE NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_class
    JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
    WHERE pg_namespace.nspname = 'public' AND pg_class.relname = wanted.name AND pg_class.relkind = 'v'
        AND EXISTS (
            SELECT
            FROM pg_catalog.pg_depend
            JOIN pg_catalog.pg_rewrite ON pg_rewrite.oid = pg_depend.objid
            JOIN pg_catalog.pg_class AS used ON used.oid = pg_depend.refobjid
            WHERE pg_rewrite.ev_class = pg_class.oid AND used.relnamespace = 'segments'::regnamespace
        )
)
ORDER BY wanted.name
