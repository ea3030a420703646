"""The rules of a policy: whom and what each holds for, what all of them ask together, and when a change is sent."""
