-- The cards of the board, in the database of every shard. Then let the shard log their changes:
-- mtdd-server track --table cards --tenant-column tenant_id

CREATE TABLE cards (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    lane text NOT NULL DEFAULT 'todo' CHECK (lane IN ('todo', 'doing', 'done')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cards_of_tenant ON cards (tenant_id, id);
