-- What the database holds by itself on SQLite. A statement that replaces a row (INSERT OR REPLACE, UPDATE OR REPLACE)
-- fires no trigger for the row that goes, unless recursive_triggers is on; so each insert and update looks for
-- the rows that it would replace.

INSERT INTO audit_head (id, event_id, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TRIGGER changes_insert BEFORE INSERT ON changes
BEGIN
    SELECT RAISE(ABORT, 'A change starts as pending, at version 1 of revision 1.')
    WHERE NEW.state IS NOT 'pending' OR NEW.version IS NOT 1 OR NEW.revision IS NOT 1;
    SELECT RAISE(ABORT, 'This change is recorded already, and cannot be replaced.')
    WHERE EXISTS (
        SELECT 1 FROM changes
        WHERE id = NEW.id OR (team_id = NEW.team_id AND submission_key = NEW.submission_key)
    );
END;

CREATE TRIGGER changes_update BEFORE UPDATE ON changes
BEGIN
    SELECT RAISE(ABORT, 'What was asked for, by whom and under which policy cannot be altered.')
    WHERE (
        NEW.id, NEW.team_id, NEW.account_sid, NEW.workspace_id, NEW.number, NEW.requester_id, NEW.reason, NEW.before,
        NEW.before_at, NEW.patch, NEW.touched, NEW.agent_names, NEW.is_outbound_version_newest, NEW.policy,
        NEW.quorum, NEW.submission_key, NEW.created_at, NEW.expires_at, NEW.due_at, NEW.parent_id, NEW.origin,
        NEW.revision
    ) IS NOT (
        OLD.id, OLD.team_id, OLD.account_sid, OLD.workspace_id, OLD.number, OLD.requester_id, OLD.reason, OLD.before,
        OLD.before_at, OLD.patch, OLD.touched, OLD.agent_names, OLD.is_outbound_version_newest, OLD.policy,
        OLD.quorum, OLD.submission_key, OLD.created_at, OLD.expires_at, OLD.due_at, OLD.parent_id, OLD.origin,
        OLD.revision
    );
    SELECT RAISE(ABORT, 'The version of a change goes up by one.')
    WHERE NEW.version IS NOT OLD.version AND NEW.version IS NOT OLD.version + 1;
    SELECT RAISE(ABORT, 'A step of a change needs a new version; only its lease does not.')
    WHERE NEW.version IS OLD.version AND (
        (NEW.lease_id, NEW.leased_until) IS NOT (OLD.lease_id, OLD.leased_until) AND OLD.state NOT IN ('applying', 'unclear')
        OR (
            NEW.state, NEW.channel_id, NEW.decided_at, NEW.decided_by, NEW.decision_reason, NEW.approved_at,
            NEW.apply_before, NEW.approval_order, NEW.not_before, NEW.attempts, NEW.sent_at, NEW.looked, NEW.errand,
            NEW.errand_by, NEW.finished_at, NEW.result, NEW.result_at, NEW.problem, NEW.details
        ) IS NOT (
            OLD.state, OLD.channel_id, OLD.decided_at, OLD.decided_by, OLD.decision_reason, OLD.approved_at,
            OLD.apply_before, OLD.approval_order, OLD.not_before, OLD.attempts, OLD.sent_at, OLD.looked, OLD.errand,
            OLD.errand_by, OLD.finished_at, OLD.result, OLD.result_at, OLD.problem, OLD.details
        )
    );
    SELECT RAISE(ABORT, 'The life of a change has no such step.')
    WHERE NEW.state IS NOT OLD.state AND OLD.state || ' ' || NEW.state NOT IN (
        'pending approved', 'pending denied', 'pending canceled', 'pending expired', 'pending stale',
        'approved applying', 'approved canceled', 'approved stale', 'approved expired',
        'applying applied', 'applying failed', 'applying stale', 'applying unclear', 'applying approved',
        'unclear applied', 'unclear stale', 'unclear resolved', 'unclear expired', 'unclear applying'
    );
    SELECT RAISE(ABORT, 'A change that has ended stays as it is.')
    WHERE OLD.state IN ('applied', 'denied', 'canceled', 'expired', 'stale', 'failed', 'resolved') AND (
        NEW.decided_at, NEW.decided_by, NEW.decision_reason, NEW.approved_at, NEW.apply_before, NEW.approval_order,
        NEW.not_before, NEW.attempts, NEW.lease_id, NEW.leased_until, NEW.sent_at, NEW.looked, NEW.errand, NEW.errand_by,
        NEW.finished_at, NEW.result, NEW.result_at, NEW.problem, NEW.details
    ) IS NOT (
        OLD.decided_at, OLD.decided_by, OLD.decision_reason, OLD.approved_at, OLD.apply_before, OLD.approval_order,
        OLD.not_before, OLD.attempts, OLD.lease_id, OLD.leased_until, OLD.sent_at, OLD.looked, OLD.errand, OLD.errand_by,
        OLD.finished_at, OLD.result, OLD.result_at, OLD.problem, OLD.details
    );
    SELECT RAISE(ABORT, 'The order of an approval cannot be altered.')
    WHERE OLD.approval_order IS NOT NULL AND NEW.approval_order IS NOT OLD.approval_order;
    SELECT RAISE(ABORT, 'Another change of this number has this place in the order of approval.')
    WHERE NEW.approval_order IS NOT OLD.approval_order AND EXISTS (
        SELECT 1 FROM changes
        WHERE account_sid = OLD.account_sid AND workspace_id = OLD.workspace_id AND number = OLD.number
            AND approval_order = NEW.approval_order AND id <> OLD.id
    );
    SELECT RAISE(ABORT, 'Another change of this number is being applied.')
    WHERE NEW.state = 'applying' AND EXISTS (
        SELECT 1 FROM changes
        WHERE account_sid = OLD.account_sid AND workspace_id = OLD.workspace_id AND number = OLD.number
            AND state = 'applying' AND id <> OLD.id
    );
    SELECT RAISE(ABORT, 'The approvals that the policy of this change asks for are missing.')
    WHERE NEW.state IN ('approved', 'applying') AND NEW.state <> OLD.state AND (
        SELECT count(DISTINCT reviewer_id) FROM reviews
        WHERE change_id = OLD.id AND revision = OLD.revision AND verdict = 'approve' AND withdrawn_at IS NULL
            AND reviewer_id <> OLD.requester_id
    ) < OLD.quorum;
    SELECT RAISE(ABORT, 'Somebody denied this change.')
    WHERE NEW.state IN ('approved', 'applying') AND NEW.state <> OLD.state AND EXISTS (
        SELECT 1 FROM reviews
        WHERE change_id = OLD.id AND revision = OLD.revision AND verdict = 'deny' AND withdrawn_at IS NULL
    );
END;

CREATE TRIGGER changes_delete BEFORE DELETE ON changes
BEGIN
    SELECT RAISE(ABORT, 'A change cannot be deleted.');
END;

CREATE TRIGGER reviews_insert BEFORE INSERT ON reviews
BEGIN
    SELECT RAISE(ABORT, 'This review is recorded already, and cannot be replaced.')
    WHERE EXISTS (
        SELECT 1 FROM reviews
        WHERE id = NEW.id OR (
            change_id = NEW.change_id AND revision = NEW.revision AND reviewer_id = NEW.reviewer_id
            AND withdrawn_at IS NULL
        )
    );
    SELECT RAISE(ABORT, 'A review starts out as not withdrawn.')
    WHERE NEW.withdrawn_at IS NOT NULL;
    SELECT RAISE(ABORT, 'There is no such change, or no such revision of it.')
    WHERE NOT EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND revision = NEW.revision);
    SELECT RAISE(ABORT, 'This change is no longer pending.')
    WHERE EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND state <> 'pending');
    SELECT RAISE(ABORT, 'The requester of a change cannot review it.')
    WHERE EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND requester_id = NEW.reviewer_id);
END;

CREATE TRIGGER reviews_update BEFORE UPDATE ON reviews
BEGIN
    SELECT RAISE(ABORT, 'A review cannot be altered, only withdrawn, once.')
    WHERE OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
        OR (NEW.id, NEW.change_id, NEW.revision, NEW.reviewer_id, NEW.verdict, NEW.reason, NEW.at)
        IS NOT (OLD.id, OLD.change_id, OLD.revision, OLD.reviewer_id, OLD.verdict, OLD.reason, OLD.at);
    SELECT RAISE(ABORT, 'It is too late to withdraw this review.')
    WHERE NOT EXISTS (SELECT 1 FROM changes WHERE id = OLD.change_id AND state IN ('pending', 'approved'));
END;

CREATE TRIGGER reviews_delete BEFORE DELETE ON reviews
BEGIN
    SELECT RAISE(ABORT, 'A review cannot be deleted.');
END;

CREATE TRIGGER audit_events_insert BEFORE INSERT ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'An audit event comes right behind the head of the chain.')
    WHERE NOT EXISTS (SELECT 1 FROM audit_head WHERE NEW.id = event_id + 1 AND NEW.previous_hash = hash);
    SELECT RAISE(ABORT, 'This audit event is recorded already, and cannot be replaced.')
    WHERE EXISTS (
        SELECT 1 FROM audit_events
        WHERE id = NEW.id OR hash = NEW.hash OR previous_hash = NEW.previous_hash
            OR (change_id = NEW.change_id AND change_version = NEW.change_version)
    );
    SELECT RAISE(ABORT, 'An audit event explains a version that the change has reached, one after the other.')
    WHERE NEW.change_version IS NOT NULL AND (
        NOT EXISTS (SELECT 1 FROM changes WHERE id = NEW.change_id AND version >= NEW.change_version)
        OR NEW.change_version > 1 AND NOT EXISTS (
            SELECT 1 FROM audit_events WHERE change_id = NEW.change_id AND change_version = NEW.change_version - 1
        )
    );
END;

CREATE TRIGGER audit_events_inserted AFTER INSERT ON audit_events
BEGIN
    UPDATE audit_head SET event_id = NEW.id, hash = NEW.hash WHERE id = 1;
END;

CREATE TRIGGER audit_events_update BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'The audit record is append-only.');
END;

CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'The audit record is append-only.');
END;

CREATE TRIGGER audit_head_insert BEFORE INSERT ON audit_head
BEGIN
    SELECT RAISE(ABORT, 'The audit chain has one head.');
END;

CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head
BEGIN
    SELECT RAISE(ABORT, 'The head of the audit chain follows its last event.')
    WHERE NEW.id IS NOT OLD.id OR NEW.event_id IS NOT OLD.event_id + 1
        OR NOT EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.event_id AND hash = NEW.hash);
END;

CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head
BEGIN
    SELECT RAISE(ABORT, 'The audit chain has one head.');
END;

-- A fact is enqueued once. IGNORE makes INSERT OR REPLACE leave the recorded message alone as well.
CREATE TRIGGER outbox_insert BEFORE INSERT ON outbox
BEGIN
    SELECT RAISE(ABORT, 'This message is recorded already, and cannot be replaced.')
    WHERE EXISTS (SELECT 1 FROM outbox WHERE id = NEW.id);
    SELECT RAISE(IGNORE)
    WHERE EXISTS (SELECT 1 FROM outbox WHERE fact = NEW.fact);
END;

CREATE TRIGGER outbox_update BEFORE UPDATE ON outbox
BEGIN
    SELECT RAISE(ABORT, 'A message that is done stays done.')
    WHERE OLD.done_at IS NOT NULL AND NEW.done_at IS NOT OLD.done_at;
    SELECT RAISE(ABORT, 'What a message is about cannot be altered.')
    WHERE (NEW.id, NEW.team_id, NEW.lane, NEW.kind, NEW.change_id, NEW.fact, NEW.payload)
        IS NOT (OLD.id, OLD.team_id, OLD.lane, OLD.kind, OLD.change_id, OLD.fact, OLD.payload);
END;
