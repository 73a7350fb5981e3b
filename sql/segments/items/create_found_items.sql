-- The same with the users that exist.
CREATE TEMPORARY TABLE found_items (
    line int NOT NULL,
    user_id int,
    adds bool NOT NULL,
    end_at timestamp,
    ttl bigint
) ON COMMIT DROP
