-- Selects users of the marts: source id and hub key.
SELECT u.source_id::text, u.user_id::text
FROM cdm.users AS u
