-- The role of this session, whether it is a superuser, and a table outside the system's schemas that it may write, if there is one.
SELECT
    r.rolname::text AS role,
    r.rolsuper AS is_superuser,
    (
        SELECT c.oid::pg_catalog.regclass::text
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p')
            AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            AND n.nspname NOT LIKE 'pg\_%'
            AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        ORDER BY 1
        LIMIT 1
    ) AS writes
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user
