"""Deployments: rehearsed on this machine, and verified at their address."""
