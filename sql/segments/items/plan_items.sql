-- Decides about each item. The segment is locked, its expired memberships are closed. Of several lines with one user the last one counts.
-- Parameters: the segment, the clock, whether the segment is refreshed.
INSERT INTO pg_temp.planned_items (line, user_id, adds, start_at, end_at, open_id, action, reason)
SELECT
    line,
    user_id,
    adds,
    start_at,
    end_at,
    open_id,
    CASE
        WHEN reason IS NOT NULL THEN NULL
        WHEN adds AND open_id IS NULL THEN 'open'
        WHEN adds AND end_at <> open_end THEN 'set_end'
        WHEN NOT adds AND open_id IS NOT NULL THEN 'close'
    END,
    reason
FROM (
    SELECT
        item.line,
        item.user_id,
        item.adds,
        item.start_at,
        item.end_at,
        item.open_id,
        item.open_end,
        CASE
            WHEN item.user_id IS NULL THEN 'user_not_found'
            WHEN item.status = 'removed' THEN 'user_removed'
            WHEN item.place > 1 THEN 'user_repeated'
            WHEN item.is_managed THEN 'membership_managed'
            WHEN item.adds AND item.end_at <= item.start_at THEN 'until_in_the_past'
        END AS reason
    FROM (
        SELECT
            found.line,
            found.user_id,
            found.adds,
            users.status,
            opened.id AS open_id,
            opened.end_at AS open_end,
            opened.by_refresh AND $3 AS is_managed,
            CASE
                WHEN found.adds AND found.ttl IS NOT NULL THEN $2::timestamp + pg_catalog.make_interval(secs => found.ttl)
                WHEN found.adds THEN COALESCE(found.end_at, 'infinity')
                -- The user leaves now. A membership that has not begun yet is empty.
                ELSE GREATEST($2::timestamp, opened.start_at)
            END AS end_at,
            -- Not before the last membership ended, should the clock have been set back. None is open. A condition on closed_by would let
            -- the planner read all closed rows, should it believe that there are few.
            GREATEST(
                $2::timestamp,
                opened.start_at,
                CASE WHEN found.adds AND opened.id IS NULL THEN (
                    SELECT pg_catalog.max(closed.end_at)
                    FROM segments.memberships AS closed
                    WHERE closed.segment_id = $1 AND closed.user_id = found.user_id AND closed.end_at > closed.start_at
                ) END
            ) AS start_at,
            CASE WHEN found.user_id IS NOT NULL THEN
                pg_catalog.row_number() OVER (PARTITION BY found.user_id ORDER BY found.line DESC)
            END AS place
        FROM pg_temp.found_items AS found
        LEFT JOIN segments.users ON users.user_id = found.user_id
        LEFT JOIN segments.memberships AS opened
            ON opened.segment_id = $1 AND opened.user_id = found.user_id AND opened.closed_by IS NULL
    ) AS item
) AS decided
