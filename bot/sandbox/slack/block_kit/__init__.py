"""The strict checks of blocks, elements, views and options, and what can be entered into them."""
