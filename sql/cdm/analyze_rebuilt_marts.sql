-- They have filled within minutes; without this the planner takes them for empty and joins them row by row. A function of their
-- owner, because only an owner may.
SELECT cdm_rebuild.analyze_marts()
