-- Waits for the batches that have begun and lets none begin until the transaction ends: each of them locks rows of this table
-- before anything else. Who only reads does not notice.
LOCK TABLE dds.bv_order_states IN EXCLUSIVE MODE
