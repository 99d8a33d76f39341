"""What happens with a person beside money: referrals between partners, follow-ups, case notes."""
