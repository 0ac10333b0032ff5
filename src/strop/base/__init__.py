"""What every other room builds on: errors, events, budgets, randomness, text for terminals."""
