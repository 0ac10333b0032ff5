"""Functions of the user's modules: how they are read, scored and run, in trees under the user's interpreter."""
