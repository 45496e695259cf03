"""Where runs execute and where their folders lie."""
