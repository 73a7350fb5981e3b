-- Waits for running batches and blocks new ones until the transaction ends. Every batch locks rows of this table before
-- anything else. Readers are not blocked.
LOCK TABLE dds.bv_order_states IN EXCLUSIVE MODE
