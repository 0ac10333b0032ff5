"""The paper's tables and figures as protocols: one file each, resumable, with its figures beside the paper's."""
