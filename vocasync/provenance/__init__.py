"""Where a file comes from: what made it, in whose voice, under which consent; signed by the site, kept in the file."""
