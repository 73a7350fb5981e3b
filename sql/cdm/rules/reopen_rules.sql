-- Marks all rules as pending after a rebuild, which changes counters without batches.
UPDATE cdm.tag_rules_in_force AS f
SET pending = true, revision = nextval('cdm.tag_rules_revision')
