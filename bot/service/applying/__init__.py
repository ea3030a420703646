"""The run of an approved change from claim to result: look, send, believe the answer, wait, recover, call a person."""
