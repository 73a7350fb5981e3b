-- Statistics of the differences, for the plans of the statements that apply them.
ANALYZE pg_temp.differences
