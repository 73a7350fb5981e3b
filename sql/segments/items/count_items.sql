-- The numbers of planned items: that open, set an end, close, change nothing, are rejected; and users who are to join and to leave.
SELECT
    pg_catalog.count(*) FILTER (WHERE action = 'open'),
    pg_catalog.count(*) FILTER (WHERE action = 'set_end'),
    pg_catalog.count(*) FILTER (WHERE action = 'close'),
    pg_catalog.count(*) FILTER (WHERE action IS NULL AND reason IS NULL),
    pg_catalog.count(*) FILTER (WHERE reason IS NOT NULL),
    EXISTS (
        SELECT
        FROM pg_temp.planned_items AS leaving
        JOIN pg_temp.planned_items AS joining USING (user_id)
        WHERE joining.adds AND NOT leaving.adds
    )
FROM pg_temp.planned_items
