-- Deletes users that are not in the rebuilt mart, or that have another source id there.
DELETE FROM cdm.users AS u
WHERE
    NOT EXISTS (
        SELECT
        FROM cdm_rebuild.users AS r
        WHERE r.user_id = u.user_id AND r.source_id = u.source_id
    )
