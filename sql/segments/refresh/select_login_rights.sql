-- The first right that the login for SQL of people must not have; null: it has none of them. Run as that login. A SELECT can undo SET ROLE
-- with set_config, so the rights of every role count that the login may become, whether it inherits them or not. Parameters: the role of the
-- service.
WITH reachable AS (
    SELECT
        oid,
        rolname,
        rolsuper OR rolcreaterole AS is_powerful,
        CASE WHEN rolname <> SESSION_USER THEN 'can become ' || rolname || ', which ' ELSE '' END AS way
    FROM pg_catalog.pg_roles
    WHERE pg_catalog.pg_has_role(SESSION_USER, oid, 'MEMBER')
),
tables AS (
    SELECT oid, relname, relkind
    FROM pg_catalog.pg_class
    WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'segments')
)
SELECT (
    SELECT found.text
    FROM (
        SELECT 1 AS place, 'is a superuser or may create roles' AS text
        FROM reachable
        WHERE rolname = SESSION_USER AND is_powerful
        UNION ALL
        SELECT 2, 'can become the role of the service'
        FROM reachable
        WHERE rolname = $1
        UNION ALL
        SELECT 3, way || 'is a superuser or may create roles'
        FROM reachable
        WHERE is_powerful
        UNION ALL
        SELECT 4, 'is a member of ' || rolname
        FROM reachable
        WHERE rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
        UNION ALL
        SELECT 5, reachable.way || 'can read segments.' || tables.relname
        FROM reachable
        CROSS JOIN tables
        WHERE tables.relname IN ('secrets', 'api_keys', 'subscriptions', 'idempotency')
            AND pg_catalog.has_any_column_privilege(reachable.oid, tables.oid, 'SELECT')
        UNION ALL
        SELECT 6, reachable.way || 'can write segments.' || tables.relname
        FROM reachable
        CROSS JOIN tables
        WHERE tables.relkind IN ('r', 'p', 'v')
            AND (
                pg_catalog.has_table_privilege(reachable.oid, tables.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                OR pg_catalog.has_any_column_privilege(reachable.oid, tables.oid, 'INSERT, UPDATE')
            )
    ) AS found
    ORDER BY found.place, found.text
    LIMIT 1
)
