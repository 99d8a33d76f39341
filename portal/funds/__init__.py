"""Funds, allocations, fund requests, decisions and the ledger."""
