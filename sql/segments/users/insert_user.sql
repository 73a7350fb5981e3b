-- Creates a user. Parameters: name, lastname, sex, age.
INSERT INTO segments.users (name, lastname, sex, age) VALUES ($1, $2, $3, $4) RETURNING user_id, guid
