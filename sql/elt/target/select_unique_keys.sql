-- Whether a unique index of the target table keeps keys from being there twice: it covers key columns only, without a
-- condition, an expression or a column that may be NULL. $1: the table's OID, $2: the key columns.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = $1
        AND i.indisunique
        AND i.indisvalid
        AND i.indpred IS NULL
        AND i.indexprs IS NULL
        AND NOT EXISTS (
            SELECT
            FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS k (attnum)
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE NOT a.attnotnull OR a.attname::text <> ALL ($2)
        )
) AS is_unique
