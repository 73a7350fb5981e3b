-- The same with what happens to each: `action` is `open`, `set_end`, `close` or null, `reason` says why an item is rejected.
CREATE TEMPORARY TABLE planned_items (
    line int NOT NULL,
    user_id int,
    adds bool NOT NULL,
    start_at timestamp,
    end_at timestamp,
    open_id bigint,
    action text,
    reason text
) ON COMMIT DROP
