"""The worker side: Microsoft's own Python worker logic, driven in this process."""
