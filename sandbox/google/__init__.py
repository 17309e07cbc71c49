"""Google on loopback: sign-in, Gmail, Calendar."""
