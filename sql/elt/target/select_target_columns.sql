-- The columns of the target table in their order. $1: its OID.
-- type: with its modifier, varchar(10). loose_type: without, so that a cast to it neither pads nor cuts.
-- bpchar_length: of character(n), which pads. deterministic: texts are equal only if their bytes are.
SELECT
    a.attname::text AS name,
    a.atttypid AS type_oid,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    pg_catalog.format_type(a.atttypid, -1) AS loose_type,
    COALESCE(NULLIF(t.typelem, 0), t.oid) IN (
        'pg_catalog.varchar'::pg_catalog.regtype, 'pg_catalog.bpchar'::pg_catalog.regtype,
        'pg_catalog.bit'::pg_catalog.regtype, 'pg_catalog.varbit'::pg_catalog.regtype
    ) AS cut_by_casts,
    CASE WHEN a.atttypid = 'pg_catalog.bpchar'::pg_catalog.regtype AND a.atttypmod > 4 THEN a.atttypmod - 4 END
        AS bpchar_length,
    COALESCE(l.collisdeterministic, true) AS deterministic,
    a.attnotnull AS not_null,
    a.attidentity = 'a' AS always_identity,
    a.attgenerated <> '' AS generated
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
