-- Selects the rights that a service needs and its role lacks; no row if it lacks none. This is the only list of rights:
-- `migrate` grants the missing ones to tagmill_stg, tagmill_dds, tagmill_cdm or tagmill_segments, and `check` reports them. Objects
-- that do not exist are left out, because migrations create them, and segments-service may have a database of its own.
-- $1 service text, $2 role text; null: the current user
WITH needed AS (
    SELECT l.kind, l.schema_name, l.object_name, l.privileges
    FROM (
        VALUES
        -- Every service reads the history of migrations at its start, replayed dead letters, and running rebuilds.
        ('*', 'schema', 'public', '', 'USAGE'),
        ('*', 'table', 'public', 'tagmill_migrations', 'SELECT'),
        ('*', 'table', 'public', 'tagmill_replayed_dead_letters', 'SELECT,INSERT,UPDATE'),
        ('*', 'table', 'public', 'tagmill_rebuilds', 'SELECT'),

        ('stg-service', 'schema', 'stg', '', 'USAGE'),
        ('stg-service', 'table', 'stg', '*', 'SELECT,INSERT,UPDATE,DELETE'),

        -- A rebuild truncates the vault and records itself in tagmill_rebuilds. Locking a row needs UPDATE as well.
        ('dds-service', 'schema', 'dds', '', 'USAGE'),
        ('dds-service', 'table', 'dds', '*', 'SELECT,INSERT,UPDATE,TRUNCATE'),
        ('dds-service', 'table', 'public', 'tagmill_rebuilds', 'INSERT,UPDATE,DELETE'),
        ('dds-service', 'sequence', 'public', 'tagmill_vault_edition', 'SELECT'),
        ('dds-service', 'schema', 'cdm_summary', '', 'USAGE'),
        ('dds-service', 'table', 'cdm_summary', 'stale_days', 'INSERT'),
        ('dds-service', 'function', 'cdm_summary', '*', 'EXECUTE'),

        -- Views read with the rights of their owner. The summary reads the vault.
        ('cdm-service', 'schema', 'cdm', '', 'USAGE'),
        ('cdm-service', 'table', 'cdm', '*', 'SELECT,INSERT,UPDATE,DELETE'),
        ('cdm-service', 'view', 'cdm', '*', 'SELECT'),
        ('cdm-service', 'sequence', 'cdm', 'tag_rules_revision', 'USAGE'),
        ('cdm-service', 'schema', 'cdm_rebuild', '', 'USAGE'),
        ('cdm-service', 'table', 'cdm_rebuild', '*', 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE'),
        ('cdm-service', 'function', 'cdm_rebuild', '*', 'EXECUTE'),
        ('cdm-service', 'table', 'public', 'tagmill_rebuilds', 'INSERT,UPDATE,DELETE'),
        ('cdm-service', 'schema', 'cdm_summary', '', 'USAGE'),
        ('cdm-service', 'table', 'cdm_summary', '*', 'SELECT,INSERT,UPDATE,DELETE'),
        ('cdm-service', 'function', 'cdm_summary', '*', 'EXECUTE'),
        ('cdm-service', 'schema', 'dds', '', 'USAGE'),
        ('cdm-service', 'table', 'dds', '*', 'SELECT'),

        -- Table by table: an operation is never changed, and no user, segment or membership is deleted.
        ('segments-service', 'schema', 'segments', '', 'USAGE'),
        ('segments-service', 'table', 'segments', 'migrations', 'SELECT'),
        ('segments-service', 'table', 'segments', 'users', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'table', 'segments', 'segments', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'table', 'segments', 'memberships', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'table', 'segments', 'operations', 'SELECT,INSERT'),
        ('segments-service', 'table', 'segments', 'operation_segments', 'SELECT,INSERT'),
        ('segments-service', 'table', 'segments', 'idempotency', 'SELECT,INSERT,UPDATE,DELETE'),
        ('segments-service', 'table', 'segments', 'api_keys', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'table', 'segments', 'secrets', 'SELECT,INSERT,DELETE'),
        ('segments-service', 'table', 'segments', 'consumers', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'table', 'segments', 'subscriptions', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'table', 'segments', 'syncs', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'table', 'segments', 'deliveries', 'SELECT,INSERT,UPDATE,DELETE'),
        ('segments-service', 'table', 'segments', 'rejections', 'SELECT,INSERT,DELETE'),
        ('segments-service', 'table', 'segments', 'refreshes', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'table', 'segments', 'sources', 'SELECT,INSERT,UPDATE,DELETE'),
        ('segments-service', 'table', 'segments', 'log', 'SELECT,INSERT,UPDATE'),
        ('segments-service', 'sequence', 'segments', 'asked', 'USAGE'),
        ('segments-service', 'function', 'segments', '*', 'EXECUTE')
    ) AS l (service, kind, schema_name, object_name, privileges)
    WHERE l.service IN ($1::text, '*')
),

-- `kind` and `name` as GRANT takes them.
object AS (
    SELECT 'SCHEMA' AS kind, s.oid, quote_ident(s.nspname) AS name, n.privileges
    FROM needed AS n
    INNER JOIN pg_namespace AS s ON n.schema_name = s.nspname
    WHERE n.kind = 'schema'
    UNION ALL
    SELECT
        CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
        c.oid, format('%I.%I', s.nspname, c.relname) AS name, n.privileges
    FROM needed AS n
    INNER JOIN pg_namespace AS s ON n.schema_name = s.nspname
    INNER JOIN pg_class AS c ON s.oid = c.relnamespace AND n.object_name IN (c.relname, '*')
    WHERE
        n.kind = CASE
            WHEN c.relkind IN ('r', 'p') THEN 'table'
            WHEN c.relkind IN ('v', 'm') THEN 'view'
            WHEN c.relkind = 'S' THEN 'sequence'
        END
    UNION ALL
    SELECT 'FUNCTION' AS kind, p.oid, p.oid::regprocedure::text AS name, n.privileges
    FROM needed AS n
    INNER JOIN pg_namespace AS s ON n.schema_name = s.nspname
    INNER JOIN pg_proc AS p ON s.oid = p.pronamespace AND n.object_name IN (p.proname, '*')
    WHERE n.kind = 'function' AND p.prorettype <> 'trigger'::regtype
)

SELECT p.privilege, o.kind, o.name
FROM object AS o
CROSS JOIN LATERAL unnest(string_to_array(o.privileges, ',')) AS p (privilege)
WHERE
    NOT CASE o.kind
        WHEN 'SCHEMA' THEN has_schema_privilege(coalesce($2::text, current_user)::name, o.oid, p.privilege)
        WHEN 'SEQUENCE' THEN has_sequence_privilege(coalesce($2::text, current_user)::name, o.oid, p.privilege)
        WHEN 'FUNCTION' THEN has_function_privilege(coalesce($2::text, current_user)::name, o.oid, p.privilege)
        ELSE has_table_privilege(coalesce($2::text, current_user)::name, o.oid, p.privilege)
    END
ORDER BY o.name, p.privilege
