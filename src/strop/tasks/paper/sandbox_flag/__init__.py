"""The meta task of Table 2 (§6.2): the seed improver and the meta-utility with a sandbox flag. Their wording is ours."""
