"""Evaluators of strop on clusters: the workers of a Dask cluster, and jobs of Slurm."""
