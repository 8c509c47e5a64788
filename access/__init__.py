"""Who may connect: a tunnel's certificate authority, client and site profiles, and their revocation."""
