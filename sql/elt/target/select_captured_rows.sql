-- How many rows of the target table a dry run has inserted, updated and deleted. The table is made by cycle/capture.rs.
SELECT kind, sum(rows)::bigint AS rows
FROM pg_temp.elt_captured
GROUP BY kind
