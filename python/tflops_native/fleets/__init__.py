"""One plan for many devices: Snakemake runs the jobs, each a process that measures one model once."""
