"""Findings of auditors and concerns of the public: each is answered, and the log tells how."""
