-- The columns of a constraint of the target table, in their order. $1: the table's OID, $2: the constraint.
SELECT a.attname::text
FROM pg_catalog.pg_constraint AS c
CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
WHERE c.conrelid = $1 AND c.conname = $2 AND c.contype IN ('p', 'u')
ORDER BY k.place
