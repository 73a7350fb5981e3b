-- Statistics of the users who should be members, for the plans of the statements that follow.
ANALYZE pg_temp.desired
