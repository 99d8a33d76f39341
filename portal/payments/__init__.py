"""Payments: prepared by one treasurer, released by another, sent, confirmed."""
