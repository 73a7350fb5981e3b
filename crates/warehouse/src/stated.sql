-- Settings that decide what a statement means or whether a commit lasts. Every transaction states them after its BEGIN, because
-- a role, a database or a server may set any of them otherwise. They are local to the transaction: a session behind a pooler
-- belongs to somebody else afterwards. deploy/operations.md lists them, and those that are verified or left as they are.

-- A commit is on disk before its offsets are committed. With `off` a crash of the server loses orders that Kafka will not
-- send again.
SET LOCAL synchronous_commit = on;

-- Statements name their schemas. Functions and operators are PostgreSQL's own: whoever may create in `public` could otherwise
-- offer a better match, `unnest(uuid[])` for `unnest(anyarray)`, which would run with the rights of the service.
SET LOCAL search_path = pg_catalog, pg_temp;

-- A policy that hides rows from this role ends the statement instead of changing its result.
SET LOCAL row_security = off;

-- Dates and times as text: days travel as text, and JSON shows times.
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL intervalstyle = postgres;
SET LOCAL timezone = 'UTC';

-- A backslash in a literal is a backslash.
SET LOCAL standard_conforming_strings = on;
