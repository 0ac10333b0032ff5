"""Table 2: how often a model switches a sandbox off; its arms, its judgement, its figures and its page."""
