-- Counters have moved without a batch (a rebuild): every user is to be looked at again.
UPDATE cdm.tag_rules_in_force AS f
SET pending = true, revision = nextval('cdm.tag_rules_revision')
