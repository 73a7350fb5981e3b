-- Analyzes the rebuilt marts. They have filled within minutes; without statistics the planner assumes that they are empty and joins
-- them row by row. Only the owner may analyze a table, so this calls a function with the owner's rights.
SELECT cdm_rebuild.analyze_marts()
