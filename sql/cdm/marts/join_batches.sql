-- Takes the lock with which a batch begins. Batches do not exclude each other; lock_marts and pause_batches exclude
-- them. The state of a rebuild that is read after this lock stays valid until the batch ends.
LOCK TABLE cdm.users IN ROW EXCLUSIVE MODE
