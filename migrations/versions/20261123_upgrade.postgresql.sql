-- What the database holds by itself on PostgreSQL. Every function looks for tables in the bot's schema alone.

INSERT INTO audit_head (id, event_id, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE FUNCTION refuse_always() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = TG_ARGV[0];
END $$;

CREATE FUNCTION changes_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$
BEGIN
    IF NEW.state IS DISTINCT FROM 'pending' OR NEW.version IS DISTINCT FROM 1 OR NEW.revision IS DISTINCT FROM 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'A change starts as pending, at version 1 of revision 1.';
    END IF;
    IF EXISTS (
            SELECT 1 FROM changes
            WHERE id = NEW.id OR (team_id = NEW.team_id AND submission_key = NEW.submission_key)
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'This change is recorded already, and cannot be replaced.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER changes_insert BEFORE INSERT ON changes
    FOR EACH ROW EXECUTE FUNCTION changes_insert();

CREATE FUNCTION changes_update() RETURNS trigger LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$
BEGIN
    -- An older snapshot would count reviews that were withdrawn since.
    IF NEW.state <> OLD.state AND current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'A step of a change needs the isolation level read committed.';
    END IF;
    IF (
            NEW.id, NEW.team_id, NEW.account_sid, NEW.workspace_id, NEW.number, NEW.requester_id, NEW.reason, NEW.before,
            NEW.before_at, NEW.patch, NEW.touched, NEW.agent_names, NEW.is_outbound_version_newest, NEW.policy,
            NEW.quorum, NEW.submission_key, NEW.created_at, NEW.expires_at, NEW.due_at, NEW.parent_id, NEW.origin,
            NEW.revision
        ) IS DISTINCT FROM (
            OLD.id, OLD.team_id, OLD.account_sid, OLD.workspace_id, OLD.number, OLD.requester_id, OLD.reason, OLD.before,
            OLD.before_at, OLD.patch, OLD.touched, OLD.agent_names, OLD.is_outbound_version_newest, OLD.policy,
            OLD.quorum, OLD.submission_key, OLD.created_at, OLD.expires_at, OLD.due_at, OLD.parent_id, OLD.origin,
            OLD.revision
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'What was asked for, by whom and under which policy cannot be altered.';
    END IF;
    IF NEW.version IS DISTINCT FROM OLD.version AND NEW.version IS DISTINCT FROM OLD.version + 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'The version of a change goes up by one.';
    END IF;
    IF NEW.version = OLD.version AND (
            (NEW.lease_id, NEW.leased_until) IS DISTINCT FROM (OLD.lease_id, OLD.leased_until) AND OLD.state NOT IN ('applying', 'unclear')
            OR (
                NEW.state, NEW.channel_id, NEW.decided_at, NEW.decided_by, NEW.decision_reason, NEW.approved_at,
                NEW.apply_before, NEW.approval_order, NEW.not_before, NEW.attempts, NEW.sent_at, NEW.looked, NEW.errand,
                NEW.errand_by, NEW.finished_at, NEW.result, NEW.result_at, NEW.problem, NEW.details
            ) IS DISTINCT FROM (
                OLD.state, OLD.channel_id, OLD.decided_at, OLD.decided_by, OLD.decision_reason, OLD.approved_at,
                OLD.apply_before, OLD.approval_order, OLD.not_before, OLD.attempts, OLD.sent_at, OLD.looked, OLD.errand,
                OLD.errand_by, OLD.finished_at, OLD.result, OLD.result_at, OLD.problem, OLD.details
            )
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'A step of a change needs a new version; only its lease does not.';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND OLD.state || ' ' || NEW.state NOT IN (
            'pending approved', 'pending denied', 'pending canceled', 'pending expired', 'pending stale',
            'approved applying', 'approved canceled', 'approved stale', 'approved expired',
            'applying applied', 'applying failed', 'applying stale', 'applying unclear', 'applying approved',
            'unclear applied', 'unclear stale', 'unclear resolved', 'unclear expired', 'unclear applying'
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'The life of a change has no such step.';
    END IF;
    IF OLD.state IN ('applied', 'denied', 'canceled', 'expired', 'stale', 'failed', 'resolved') AND (
            NEW.decided_at, NEW.decided_by, NEW.decision_reason, NEW.approved_at, NEW.apply_before, NEW.approval_order,
            NEW.not_before, NEW.attempts, NEW.lease_id, NEW.leased_until, NEW.sent_at, NEW.looked, NEW.errand, NEW.errand_by,
            NEW.finished_at, NEW.result, NEW.result_at, NEW.problem, NEW.details
        ) IS DISTINCT FROM (
            OLD.decided_at, OLD.decided_by, OLD.decision_reason, OLD.approved_at, OLD.apply_before, OLD.approval_order,
            OLD.not_before, OLD.attempts, OLD.lease_id, OLD.leased_until, OLD.sent_at, OLD.looked, OLD.errand, OLD.errand_by,
            OLD.finished_at, OLD.result, OLD.result_at, OLD.problem, OLD.details
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'A change that has ended stays as it is.';
    END IF;
    IF OLD.approval_order IS NOT NULL AND NEW.approval_order IS DISTINCT FROM OLD.approval_order THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'The order of an approval cannot be altered.';
    END IF;
    IF NEW.approval_order IS DISTINCT FROM OLD.approval_order AND EXISTS (
            SELECT 1 FROM changes
            WHERE account_sid = OLD.account_sid AND workspace_id = OLD.workspace_id AND number = OLD.number
                AND approval_order = NEW.approval_order AND id <> OLD.id
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'Another change of this number has this place in the order of approval.';
    END IF;
    IF NEW.state = 'applying' AND EXISTS (
            SELECT 1 FROM changes
            WHERE account_sid = OLD.account_sid AND workspace_id = OLD.workspace_id AND number = OLD.number
                AND state = 'applying' AND id <> OLD.id
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'Another change of this number is being applied.';
    END IF;
    IF NEW.state IN ('approved', 'applying') AND NEW.state <> OLD.state AND (
            SELECT count(DISTINCT reviewer_id) FROM reviews
            WHERE change_id = OLD.id AND revision = OLD.revision AND verdict = 'approve' AND withdrawn_at IS NULL
                AND reviewer_id <> OLD.requester_id
        ) < OLD.quorum THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'The approvals that the policy of this change asks for are missing.';
    END IF;
    IF NEW.state IN ('approved', 'applying') AND NEW.state <> OLD.state AND EXISTS (
            SELECT 1 FROM reviews
            WHERE change_id = OLD.id AND revision = OLD.revision AND verdict = 'deny' AND withdrawn_at IS NULL
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'Somebody denied this change.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER changes_update BEFORE UPDATE ON changes
    FOR EACH ROW EXECUTE FUNCTION changes_update();

CREATE TRIGGER changes_delete BEFORE DELETE ON changes
    FOR EACH ROW EXECUTE FUNCTION refuse_always('A change cannot be deleted.');

CREATE FUNCTION reviews_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$
BEGIN
    -- The change's row first: no review and no withdrawal slips between the count and the step.
    PERFORM 1 FROM changes WHERE id = NEW.change_id FOR UPDATE;
    IF EXISTS (
            SELECT 1 FROM reviews
            WHERE id = NEW.id OR (
                change_id = NEW.change_id AND revision = NEW.revision AND reviewer_id = NEW.reviewer_id
                AND withdrawn_at IS NULL
            )
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'This review is recorded already, and cannot be replaced.';
    END IF;
    IF NEW.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'A review starts out as not withdrawn.';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND revision = NEW.revision) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'There is no such change, or no such revision of it.';
    END IF;
    IF EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND state <> 'pending') THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'This change is no longer pending.';
    END IF;
    IF EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND requester_id = NEW.reviewer_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'The requester of a change cannot review it.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER reviews_insert BEFORE INSERT ON reviews
    FOR EACH ROW EXECUTE FUNCTION reviews_insert();

CREATE FUNCTION reviews_update() RETURNS trigger LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$
BEGIN
    PERFORM 1 FROM changes WHERE id = OLD.change_id FOR UPDATE;
    IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
            OR (NEW.id, NEW.change_id, NEW.revision, NEW.reviewer_id, NEW.verdict, NEW.reason, NEW.at)
            IS DISTINCT FROM (OLD.id, OLD.change_id, OLD.revision, OLD.reviewer_id, OLD.verdict, OLD.reason, OLD.at) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'A review cannot be altered, only withdrawn, once.';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM changes WHERE id = OLD.change_id AND state IN ('pending', 'approved')) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'It is too late to withdraw this review.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER reviews_update BEFORE UPDATE ON reviews
    FOR EACH ROW EXECUTE FUNCTION reviews_update();

CREATE TRIGGER reviews_delete BEFORE DELETE ON reviews
    FOR EACH ROW EXECUTE FUNCTION refuse_always('A review cannot be deleted.');

CREATE FUNCTION audit_events_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$
BEGIN
    PERFORM 1 FROM audit_head FOR UPDATE;
    IF NOT EXISTS (SELECT 1 FROM audit_head WHERE NEW.id = event_id + 1 AND NEW.previous_hash = hash) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'An audit event comes right behind the head of the chain.';
    END IF;
    IF EXISTS (
            SELECT 1 FROM audit_events
            WHERE id = NEW.id OR hash = NEW.hash OR previous_hash = NEW.previous_hash
                OR (change_id = NEW.change_id AND change_version = NEW.change_version)
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'This audit event is recorded already, and cannot be replaced.';
    END IF;
    IF NEW.change_version IS NOT NULL AND (
            NOT EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND version >= NEW.change_version)
            OR NEW.change_version > 1 AND NOT EXISTS (
                SELECT 1 FROM audit_events WHERE change_id = NEW.change_id AND change_version = NEW.change_version - 1
            )
        ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'An audit event explains a version that the change has reached, one after the other.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_events_insert BEFORE INSERT ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_insert();

CREATE FUNCTION audit_events_inserted() RETURNS trigger LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$
BEGIN
    UPDATE audit_head SET event_id = NEW.id, hash = NEW.hash WHERE id = 1;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_events_inserted AFTER INSERT ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_inserted();

CREATE TRIGGER audit_events_update BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_always('The audit record is append-only.');

CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_always('The audit record is append-only.');

CREATE TRIGGER audit_head_insert BEFORE INSERT ON audit_head
    FOR EACH ROW EXECUTE FUNCTION refuse_always('The audit chain has one head.');

CREATE FUNCTION audit_head_update() RETURNS trigger LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$
BEGIN
    IF NEW.id IS DISTINCT FROM OLD.id OR NEW.event_id IS DISTINCT FROM OLD.event_id + 1
            OR NOT EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.event_id AND hash = NEW.hash) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'The head of the audit chain follows its last event.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_update();

CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION refuse_always('The audit chain has one head.');

CREATE FUNCTION outbox_update() RETURNS trigger LANGUAGE plpgsql SET search_path = @schema@, pg_temp AS $$
BEGIN
    IF OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'A message that is done stays done.';
    END IF;
    IF (NEW.id, NEW.team_id, NEW.lane, NEW.kind, NEW.change_id, NEW.fact, NEW.payload)
            IS DISTINCT FROM (OLD.id, OLD.team_id, OLD.lane, OLD.kind, OLD.change_id, OLD.fact, OLD.payload) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'What a message is about cannot be altered.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER outbox_update BEFORE UPDATE ON outbox
    FOR EACH ROW EXECUTE FUNCTION outbox_update();

CREATE TRIGGER changes_truncate BEFORE TRUNCATE ON changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_always('A change cannot be deleted.');

CREATE TRIGGER reviews_truncate BEFORE TRUNCATE ON reviews
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_always('A review cannot be deleted.');

CREATE TRIGGER audit_events_truncate BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_always('The audit record is append-only.');

CREATE TRIGGER audit_head_truncate BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_always('The audit chain has one head.');
