"""What workers do for the library: one module a kind of errand."""
