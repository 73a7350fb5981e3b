-- Creates a key, unless the name is taken. Parameters: the name, the role, its SHA-256.
INSERT INTO segments.api_keys (name, role, hash) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING
