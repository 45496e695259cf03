"""Kind `patches`: named sets of overrides; an ablation is one."""

from attrs import field, frozen

from spacenit_core.plugins.registry import Registry


@frozen(kw_only=True)
class Patch:
    """Overrides that go together, in the spelling of the command line.

    Attributes:
        summary: one line for people: what is taken away or changed.
        overrides: dotted path -> value text, as in ``--path=value``.
        theme: what an ablation is about ("sensors", "masking" ...), by which lists group it; None for patches that are
            no ablations.
        keeps: where a setting, or what holds some, is -> where it goes, for what has another name in a slot's new type.
            Settings of equal names are taken over in any case, so that an ablation changes what it names and nothing
            else.
    """

    summary: str
    overrides: dict[str, str]
    theme: str | None = None
    keeps: dict[str, str] = field(factory=dict)


PATCHES: Registry[Patch] = Registry("patches", Patch, value=True)
