"""What people do in Slack, one module a surface: commands, presses, forms, the Home tab."""
