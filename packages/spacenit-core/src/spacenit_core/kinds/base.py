"""The common ground of all entry configs."""


class EntryConfig:
    """Base of the bases: the settings of one entry, from which `build` makes a component.

    Subclasses are `attrs.frozen(kw_only=True)` classes. It has no fields itself, so that a slot typed with a base keeps
    every field of the entry it holds. `type` is reserved: in files and on the command line it names the entry.
    """

    __slots__ = ()
