-- The users who should be members, until the end of the transaction. The index makes comparisons cheap, whatever the planner knows.
CREATE TEMPORARY TABLE desired (user_id int PRIMARY KEY, hash_email text, hash_phone text) ON COMMIT DROP
