"""Charts of reports and figures of protocols, legible in greyscale."""
