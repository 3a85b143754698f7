"""Everything a person sees or types: the command line, the dashboard, the gallery."""
