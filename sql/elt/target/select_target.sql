-- The target table, if it exists. $1: its name as it is written in SQL.
-- plain: COPY does the same as INSERT (no rules, no row security).
SELECT
    c.oid,
    n.nspname::text AS schema,
    c.relname::text AS name,
    c.relkind::text AS kind,
    c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT c.relrowsecurity AS plain
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass($1)
