-- The rows that a query of a segment returned, until the end of the transaction. A row names a user by one column, an id from outside by
-- source_id and perhaps guid. A row whose text is none has null.
CREATE TEMPORARY TABLE given (
    guid uuid,
    user_id int,
    source_id text,
    hash_email text,
    hash_phone text
) ON COMMIT DROP
