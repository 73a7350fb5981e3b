-- Memberships whose time is over for a while, and that nothing has closed.
SELECT count(*)
FROM segments.memberships
WHERE closed_by IS NULL AND end_at < clock_timestamp() AT TIME ZONE 'UTC' - interval '20 seconds'
