"""The static rules, one file a family. Each check is a function of a `Program` that yields hits."""
