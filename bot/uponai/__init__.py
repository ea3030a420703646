"""UponAI's HTTP API: one method a call, its JSON, its errors."""
