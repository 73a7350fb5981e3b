-- How a batch begins: together with all others, and not beside lock_marts or pause_batches. What it learns of a rebuild after
-- this holds until it ends.
LOCK TABLE cdm.users IN ROW EXCLUSIVE MODE
