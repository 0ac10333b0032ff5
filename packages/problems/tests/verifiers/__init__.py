"""Second verifiers of constructions, in other arithmetic than the first."""
