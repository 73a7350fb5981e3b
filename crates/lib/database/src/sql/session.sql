-- Settings of a pooled session, for statements outside a transaction block. The settings of stated.sql are added to them. They are sent
-- as options of the connection, which come before those of a role, a database or the server. Every transaction sets all of these itself.

-- A statement outside a block is a transaction of its own. A stricter level makes it fail with 40001.
SET LOCAL default_transaction_isolation = 'read committed';

-- A client waits for the answer. Shorter than the client's own limit.
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '4s';
