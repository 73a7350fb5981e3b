-- Settings that decide what a statement means or whether a commit is durable. Every transaction states them after its BEGIN, because a
-- role, a database or a server may set other defaults. They are local to the transaction, because a pooler gives the session to another
-- client afterwards. deploy/operations.md lists them, and those that are verified or left as they are.

-- A commit is on disk before its offsets are committed. With `off` a crash of the server loses orders that Kafka will not
-- send again.
SET LOCAL synchronous_commit = on;

-- Statements name their schemas, and functions and operators are PostgreSQL's own. Otherwise a role that may create objects in `public`
-- could define a better match, `unnest(uuid[])` for `unnest(anyarray)`, and it would run with the rights of the service.
SET LOCAL search_path = pg_catalog, pg_temp;

-- With a policy that hides rows from this role, the statement fails instead of returning fewer rows.
SET LOCAL row_security = off;

-- Formats of dates and times: statements exchange days as text, and JSON contains times.
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL intervalstyle = postgres;
SET LOCAL timezone = 'UTC';

-- A backslash in a literal is a backslash.
SET LOCAL standard_conforming_strings = on;
