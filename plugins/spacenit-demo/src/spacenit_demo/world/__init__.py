"""The generated world: terrain, land cover, seasons, weather and the sensors that look at them.

Nothing here is fitted to a model. The world and its labels are fixed and tested on their own (`tests/test_world_*.py`);
a change that alters any pixel raises `spacenit_demo.world.generate.VERSION`.
"""
