"""`bdh :escalations`: without a verb it lists."""
