"""Settings that do nothing with the sensors, the windows or the batch of an experiment: told, not refused."""

from collections.abc import Iterator

from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.transforms import TransformConfig
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.loader.schedule import max_timesteps
from spacenit_data.transforms.sensor_dropout import SensorDropout
from spacenit_train.experiment import configs_in
from spacenit_train.tile_experiment import TileExperiment


def without_effect(experiment: TileExperiment) -> Iterator[str]:
    """What cannot act, a line each."""
    yield from _shares_of_nothing(experiment)
    yield from _transforms(experiment)
    yield from _band_dropout(experiment)
    yield from _time(experiment)


def _transforms(experiment: TileExperiment) -> Iterator[str]:
    loader, sensors = experiment.data_loader, experiment.sensor_set
    for path, config in configs_in(loader, ("data_loader",)):
        if not isinstance(config, TransformConfig) or getattr(config, "probability", 1) == 0:
            continue
        setting = ".".join(path)
        if config.pairs and loader.global_batch_size == 1:
            yield f"{setting} mixes neighbours of the global batch, which is one sample: it does nothing"
        elif config.pairs and isinstance(loader, TileLoaderConfig) and set(loader.sampled_hw_p_list) == {1}:
            yield f"{setting} mixes patches of windows that have one patch: it does nothing"
        elif isinstance(config, SensorDropout) and len(sensors) == 1:
            yield f"{setting} leaves every sample one sensor, and there is one: it does nothing"


def _band_dropout(experiment: TileExperiment) -> Iterator[str]:
    for path, config in configs_in(experiment.model, ("model",)):
        if not getattr(config, "band_dropout_rate", 0):
            continue
        named = getattr(config, "band_dropout_modalities", None)
        groups = [
            group
            for spec in experiment.sensor_set
            if named is None or spec.name in named
            for group in spec.token_groups
        ]
        if all(len(group) == 1 for group in groups):
            setting = f"{'.'.join(path)}.band_dropout_rate"
            yield f"{setting} drops bands of groups of several, and there is none: it does nothing"


def _time(experiment: TileExperiment) -> Iterator[str]:
    if any(spec.temporal for spec in experiment.sensor_set):
        return
    for path, config in configs_in(experiment.train_module, ("train_module",)):
        if isinstance(config, MaskingConfig) and hasattr(config, "valid_steps"):
            yield f"{'.'.join(path)} masks time steps, and no sensor has any: tokens are masked at random"


def _shares_of_nothing(experiment: TileExperiment) -> Iterator[str]:
    """Shares of tokens that come to less than one token in the largest window of every sensor."""
    loader, sensors = experiment.data_loader, experiment.sensor_set
    if not isinstance(loader, TileLoaderConfig):
        return
    most = 1
    for patches in loader.sampled_hw_p_list:
        steps = max_timesteps(sensors, patches, loader.token_budget, loader.token_budget_groups)
        for spec in sensors:
            tokens = len(spec.token_groups) * (patches**2 if spec.spatial else 1) * (steps if spec.temporal else 1)
            most = max(most, tokens)
    for path, config in configs_in(experiment.train_module, ("train_module",)):
        if not isinstance(config, MaskingConfig):
            continue
        for name in ("encode_ratio", "decode_ratio"):
            share = getattr(config, name, None)
            if isinstance(share, float) and 0 < share * most < 1:
                setting = ".".join((*path, name))
                yield f"{setting}={share:g} of the {most:,} tokens that a sensor has at most is less than one token"
