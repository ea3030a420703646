"""`history` and `verify-audit`: the audit record, read and checked without a trace."""
