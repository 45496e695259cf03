"""The protocols of a sweep, by what its flags name."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from spacenit_core.config import resolve
from spacenit_core.config.fields import setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.protocols import PROTOCOLS, ProtocolConfig
from spacenit_evals.sweep.settings import with_settings

USUAL = ("knn_20", "linear_probe")


@frozen(kw_only=True)
class SweptProtocols:
    """What `--protocol.NAME.a=value` reaches."""

    protocol: dict[str, ProtocolConfig] = setting("how models are judged", factory=dict)


def protocols_of(flags: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, ProtocolConfig]:
    """The protocols, by name.

    Args:
        flags: of the command line.
        overrides: "--protocol.NAME.a=value".

    Raises:
        UserError: for a protocol that is not installed, or settings that it does not have.
    """
    if flags["finetune"] and flags["protocol"]:
        raise UserError("--finetune names the protocol", "leave --protocol out, or --finetune")
    names = ("finetune",) if flags["finetune"] else flags["protocol"] or USUAL
    base = SweptProtocols(protocol={PROTOCOLS.entry(name).name: PROTOCOLS.get(name)() for name in names})
    chosen: dict[str, ProtocolConfig] = resolve(base, overrides=overrides, source="default").value.protocol
    unused = [name for name in chosen if name not in base.protocol]
    if unused:
        raise UserError(f"--protocol.{unused[0]} sets what is not used", f"add --protocol {unused[0]}")
    if flags["finetune_seed"] is None:
        return chosen
    if not flags["finetune"]:
        raise UserError("--finetune_seed is the seed of --finetune", "give both, or none")
    seed = flags["finetune_seed"]
    return {name: with_settings(config, seed=seed, seeds=1) for name, config in chosen.items()}


def change_of(flags: Mapping[str, Any]) -> dict[str, Any]:
    """What happens to vectors before they are judged: settings of the protocol `transformed`.

    Raises:
        UserError: for bits of what is not stored in bits.
    """
    bits = flags["quantize_bits"]
    if bits and not flags["quantize_embeddings"]:
        raise UserError("--quantize_bits says how --quantize_embeddings stores", "give both, or none")
    change: dict[str, Any] = {"bits": int(bits)} if bits else {}
    if flags["quantize_embeddings"] and not bits:
        change["power_codes"] = True
    if flags["embedding_dim"]:
        change["dimensions"] = flags["embedding_dim"]
    return change


def changed(name: str, config: ProtocolConfig, change: Mapping[str, Any]) -> tuple[str, ProtocolConfig]:
    """A protocol that judges changed vectors, and what it is called; as it is where nothing is changed.

    Args:
        name: of the protocol.
        config: its settings.
        change: see `change_of`.
    """
    if not change:
        return name, config
    wrapped = PROTOCOLS.get("transformed")(protocol=config, **change)  # type: ignore[call-arg]
    parts = [f"{change['bits']}bit"] if "bits" in change else ["power"] if "power_codes" in change else []
    return "_".join([name, *parts, *([f"dim{change['dimensions']}"] if "dimensions" in change else [])]), wrapped
