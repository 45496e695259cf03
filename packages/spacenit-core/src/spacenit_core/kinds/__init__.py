"""What can be swapped: for every kind the base of its configs, the protocol of its components, and its registry.

An entry of a kind is a frozen attrs class that inherits the kind's base (a few kinds hold values or functions instead).
Its module does not import torch; `build` does. Built-ins are declared as entry points like anybody else's.
"""
