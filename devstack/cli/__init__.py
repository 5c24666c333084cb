"""`python -m devstack`: the developer's commands of the local stack."""
