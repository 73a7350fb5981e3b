-- What a refresh would change, until the end of the transaction: users who join (no membership), memberships that are closed (not desired),
-- and memberships that another replaces because a hash has changed.
CREATE TEMPORARY TABLE differences (
    user_id int NOT NULL,
    membership_id bigint,
    is_desired bool NOT NULL,
    hash_email text,
    hash_phone text
) ON COMMIT DROP
