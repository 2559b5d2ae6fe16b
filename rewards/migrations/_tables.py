"""The tables of what members did, in SQL, as migration 0001 makes them: never edited, changed only by later ones."""

MAKE = """
CREATE SEQUENCE redemption_id AS bigint CACHE 20;
CREATE SEQUENCE voucher_id AS bigint CACHE 20;

CREATE TABLE reward_taken (
    holder_id bigint NOT NULL,
    membership_id bigint NOT NULL,
    reward_id bigint NOT NULL,
    taken bigint NOT NULL,
    allowed bigint,
    CONSTRAINT reward_taken_pkey PRIMARY KEY (holder_id, membership_id, reward_id),
    CONSTRAINT reward_taken_within_limit CHECK (taken >= 0 AND (allowed IS NULL OR taken <= allowed))
) WITH (fillfactor = 80);

CREATE TABLE redemption (
    holder_id bigint NOT NULL,
    redemption_id bigint NOT NULL,
    membership_id bigint NOT NULL,
    reward_id bigint NOT NULL,
    quantity bigint NOT NULL,
    idem uuid NOT NULL,
    placed_at timestamptz NOT NULL,
    lapses_at timestamptz NOT NULL,
    resolved_at timestamptz,
    from_stock boolean NOT NULL,
    state text NOT NULL,
    receipt text NOT NULL,
    channel text NOT NULL,
    actor text NOT NULL,
    resolved_by text,
    fingerprint bytea NOT NULL,
    offer jsonb NOT NULL,
    CONSTRAINT redemption_pkey PRIMARY KEY (holder_id, redemption_id),
    CONSTRAINT redemption_once UNIQUE (holder_id, idem),
    CONSTRAINT redemption_quantity_positive CHECK (quantity > 0),
    CONSTRAINT redemption_state_known CHECK (state IN ('held', 'confirmed', 'released', 'lapsed')),
    CONSTRAINT redemption_resolves_once CHECK ((state = 'held') = (resolved_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX redemption_lapsing ON redemption (reward_id, lapses_at) WHERE state = 'held';
CREATE INDEX redemption_of_receipt ON redemption (holder_id, receipt) WHERE receipt <> '';

CREATE TABLE redemption_cost (
    holder_id bigint NOT NULL,
    redemption_id bigint NOT NULL,
    currency_id integer NOT NULL,
    amount bigint NOT NULL,
    hold_id bigint NOT NULL,
    posting_id bigint,
    CONSTRAINT redemption_cost_pkey PRIMARY KEY (holder_id, redemption_id, currency_id),
    CONSTRAINT redemption_cost_positive CHECK (amount > 0)
) WITH (fillfactor = 80);

CREATE TABLE voucher (
    holder_id bigint NOT NULL,
    voucher_id bigint NOT NULL,
    redemption_id bigint NOT NULL,
    membership_id bigint NOT NULL,
    reward_id bigint NOT NULL,
    amount bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz,
    used_at timestamptz,
    money varchar(3) NOT NULL,
    salt bytea NOT NULL,
    CONSTRAINT voucher_pkey PRIMARY KEY (holder_id, voucher_id),
    CONSTRAINT voucher_is_worth_something CHECK (amount > 0),
    CONSTRAINT voucher_lives CHECK (expires_at > issued_at)
) WITH (fillfactor = 80);
CREATE INDEX voucher_of_redemption ON voucher (holder_id, redemption_id);

CREATE TABLE voucher_code (
    code_hmac bytea NOT NULL,
    holder_id bigint NOT NULL,
    voucher_id bigint NOT NULL,
    CONSTRAINT voucher_code_pkey PRIMARY KEY (code_hmac),
    CONSTRAINT voucher_code_is_sha256 CHECK (octet_length(code_hmac) = 32)
);

-- What is resolved stays so, whatever the code above it does.
CREATE FUNCTION redemption_stays_resolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'redemption % is % already', OLD.redemption_id, OLD.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'redemption_resolved_for_good';
END $$;
CREATE TRIGGER redemption_resolved_for_good BEFORE UPDATE ON redemption
    FOR EACH ROW WHEN (OLD.state <> 'held') EXECUTE FUNCTION redemption_stays_resolved();
"""
DROP = """
DROP TABLE voucher_code, voucher, redemption_cost, redemption, reward_taken;
DROP FUNCTION redemption_stays_resolved();
DROP SEQUENCE voucher_id, redemption_id;
"""
