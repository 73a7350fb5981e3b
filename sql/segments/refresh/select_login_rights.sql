-- The first right that the login for SQL of people must not have; null: it has none of them. Run as that login. Parameters: the role of the
-- service.
SELECT (
    SELECT found.text
    FROM (
        SELECT 1 AS place, 'is a superuser or may create roles' AS text
        FROM pg_catalog.pg_roles
        WHERE rolname = SESSION_USER AND (rolsuper OR rolcreaterole)
        UNION ALL
        SELECT 2, 'can become the role of the service'
        FROM pg_catalog.pg_roles
        WHERE rolname = $1 AND pg_catalog.pg_has_role(SESSION_USER, oid, 'MEMBER')
        UNION ALL
        SELECT 3, 'is a member of ' || rolname
        FROM pg_catalog.pg_roles
        WHERE rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
            AND pg_catalog.pg_has_role(SESSION_USER, oid, 'MEMBER')
        UNION ALL
        SELECT 4, 'can read segments.' || relname
        FROM pg_catalog.pg_class
        WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'segments')
            AND relname IN ('secrets', 'api_keys', 'subscriptions', 'idempotency')
            AND pg_catalog.has_any_column_privilege(SESSION_USER, pg_class.oid, 'SELECT')
        UNION ALL
        SELECT 5, 'can write segments.' || relname
        FROM pg_catalog.pg_class
        WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'segments')
            AND relkind IN ('r', 'p', 'v')
            AND (
                pg_catalog.has_table_privilege(SESSION_USER, pg_class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                OR pg_catalog.has_any_column_privilege(SESSION_USER, pg_class.oid, 'INSERT, UPDATE')
            )
    ) AS found
    ORDER BY found.place, found.text
    LIMIT 1
)
