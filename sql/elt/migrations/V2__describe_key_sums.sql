-- Descriptions of columns that say what they hold since keys are compared in buckets, and of a file that has moved.

COMMENT ON COLUMN elt.jobs.keys_sum IS 'Key of the hashes in hexadecimal, a colon, and the sum of the hashes of these keys modulo 2^128 in decimal. Only the service and the owner of the schema may know the key';
COMMENT ON COLUMN elt.jobs.watermark IS 'Entries of snapshots (crates/bin/elt/src/source/watermark.rs); times are microseconds since 2000-01-01';
