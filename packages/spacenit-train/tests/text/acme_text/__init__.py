"""A plugin whose samples are texts: its own experiment, loader, model, runner, recipe and ablation, and no sensor."""
