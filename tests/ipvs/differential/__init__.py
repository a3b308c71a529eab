"""Two daemons through the same configurations and events on a real ip_vs; see run_differential.py beside this folder."""
