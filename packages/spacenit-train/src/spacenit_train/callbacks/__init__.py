"""Callbacks of the official recipes. Their modules do not import torch: the trainer does the work that needs it."""
