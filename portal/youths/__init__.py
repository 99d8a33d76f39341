"""Young people, consent and projects: whom a request is for."""
