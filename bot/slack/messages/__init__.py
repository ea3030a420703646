"""What people read: card, thread, record, lists and help; rendering only."""
