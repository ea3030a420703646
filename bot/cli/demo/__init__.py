"""`demo`: the whole bot between the stand-ins, as processes of its own."""
