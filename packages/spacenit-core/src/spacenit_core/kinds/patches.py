"""Kind `patches`: named sets of overrides; an ablation is one."""

from attrs import frozen

from spacenit_core.plugins.registry import Registry


@frozen(kw_only=True)
class Patch:
    """Overrides that go together, in the spelling of the command line.

    Attributes:
        summary: one line for people: what is taken away or changed.
        overrides: dotted path -> value text, as in ``--path=value``.
        theme: what an ablation is about ("sensors", "masking" ...), by which lists group it; None for patches that are
            no ablations.
    """

    summary: str
    overrides: dict[str, str]
    theme: str | None = None


PATCHES: Registry[Patch] = Registry("patches", Patch, value=True)
