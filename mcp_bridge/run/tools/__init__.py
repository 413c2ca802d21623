"""The tools that run no playbook: the runs themselves, and plans."""
