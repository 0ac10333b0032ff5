"""The paper: utility, improver, meta-utility, STOP itself, and how LM calls and evaluations are granted and recorded."""
