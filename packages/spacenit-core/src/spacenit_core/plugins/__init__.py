"""Plugins: what is installed (`discovery`), one entry by name (`registry`), and events for all who care (`hooks`)."""
