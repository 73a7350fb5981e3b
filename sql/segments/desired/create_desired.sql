-- The users who should be members, until the end of the transaction. No user is in it twice.
CREATE TEMPORARY TABLE desired (user_id int NOT NULL, hash_email text, hash_phone text) ON COMMIT DROP
