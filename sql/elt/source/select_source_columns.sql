-- The columns of a table of M. $1: its OID. Types that are not built in become text, because A may not know them.
-- is_key: of the primary key, or of the first unique index whose columns are NOT NULL.
WITH key AS (
    SELECT i.indkey
    FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = $1
        AND i.indisunique
        AND i.indisvalid
        AND i.indpred IS NULL
        AND i.indexprs IS NULL
        AND NOT EXISTS (
            SELECT
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull
        )
    ORDER BY i.indisprimary DESC, i.indexrelid
    LIMIT 1
)
SELECT
    a.attname::text AS name,
    CASE WHEN a.atttypid < 16384 THEN pg_catalog.format_type(a.atttypid, a.atttypmod) ELSE 'text' END AS type,
    a.attnotnull AS not_null,
    COALESCE(a.attnum = ANY (key.indkey), false) AS is_key
FROM pg_catalog.pg_attribute AS a
LEFT JOIN key ON true
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
