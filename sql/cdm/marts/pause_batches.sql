-- Waits for running batches and blocks new ones until the transaction ends, like lock_marts. Several transactions may
-- hold this lock at the same time: it is for transactions that write the same tables as batches, but different rows.
LOCK TABLE cdm.users IN SHARE MODE
