-- Analyzes the rebuilt marts. They are filled within minutes. Without statistics the planner assumes that they are
-- empty and uses nested loops. Only the owner may analyze a table, so this calls a function with the owner's rights.
SELECT cdm_rebuild.analyze_marts()
