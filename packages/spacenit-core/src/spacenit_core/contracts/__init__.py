"""What components must do: for every kind the check of what `build` returns and of what that returns in turn.

`spacenit_core.kinds` states the contracts, one module a kind; the module of the same name here holds a component to
one. What costs time is checked once, on the first batch.
"""
