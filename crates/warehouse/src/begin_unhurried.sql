-- How something begins that goes through whole tables. Everything is local to the transaction, as in begin.sql.
BEGIN;

-- It is done when it is done.
SET LOCAL statement_timeout = 0;

-- Whoever holds what it waits for may be as unhurried.
SET LOCAL lock_timeout = '1min';

-- But a process that was stopped between two statements must not hold its locks for ever.
SET LOCAL idle_in_transaction_session_timeout = '1min';
