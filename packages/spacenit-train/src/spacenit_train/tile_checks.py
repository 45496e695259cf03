"""What must fit together in an experiment on sensors."""

from functools import partial
from itertools import product

from spacenit_core.config.problems import Problem
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.selection import SensorSet, regrouped
from spacenit_core.text import did_you_mean, listed
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.loader.schedule import max_timesteps
from spacenit_train.checks import problems_raised
from spacenit_train.experiment import configs_in
from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscriminationConfig
from spacenit_train.sensor_lists import sensor_lists, sensor_names
from spacenit_train.tile_experiment import TileExperiment


def tile_problems(experiment: TileExperiment) -> list[Problem]:
    """What keeps sensors, band groups, windows and patch sizes from going together, with everything derived."""
    found = _sensors(experiment)
    if not found:
        sensors = experiment.sensor_set
        found = [*_statistics(sensors), *_only_decode(experiment, sensors), *_windows(experiment, sensors)]
        found += _weights(experiment, sensors)
    return [*found, *_patch_sizes(experiment)]


def check_sensor_names(experiment: TileExperiment) -> list[Problem]:
    """Names in `band_groups` and in settings that name sensors (`sensor_lists`) that no sensor has.

    To be asked before they are cut to those in use.
    """
    problems = [
        problem
        for name in experiment.band_groups
        for problem in problems_raised(("band_groups", name), partial(SENSORS.get, name))
    ]
    parts = [
        found
        for name in ("model", "data_loader", "train_module", "trainer")
        for found in configs_in(getattr(experiment, name), (name,))
    ]
    named = [
        ((*path, setting), name)
        for path, config in parts
        for setting, names in sensor_lists(config).items()
        for name in sensor_names(names)
    ]
    for path, name in named:
        if name not in SENSORS.names():
            question = did_you_mean(name, SENSORS.names()) or f"sensors: {', '.join(SENSORS.names())}"
            problems.append(Problem(f"unknown sensor {name!r}; {question}", path))
    return problems


def _sensors(experiment: TileExperiment) -> list[Problem]:
    path = ("sensors",)
    if not experiment.sensors:
        return [Problem("no sensor is chosen", path, "for example --sensors=[sentinel2_l2a,sentinel1]")]
    unknown = [problem for name in experiment.sensors for problem in problems_raised(path, partial(SENSORS.get, name))]
    return unknown or problems_raised(path, lambda: SensorSet.of(experiment.sensors)) or _band_groups(experiment)


def _band_groups(experiment: TileExperiment) -> list[Problem]:
    chosen = SensorSet.of(experiment.sensors)
    given = experiment.band_groups.items()
    return [
        problem
        for name, groups in given
        if name in chosen
        for problem in problems_raised(("band_groups", name), partial(regrouped, chosen[name], groups))
    ]


def _statistics(sensors: SensorSet) -> list[Problem]:
    missing = [spec.name for spec in sensors if spec.normalization is None]
    if not missing:
        return []
    options = " ".join(f"--sensor {name}" for name in missing)
    return [
        Problem(
            f"no normalisation statistics are known for {listed(missing)}",
            ("sensors",),
            f"`spacenit-run data stats DIR {options}` makes them from your samples: put them into "
            "the sensor's SensorSpec, or leave the sensor out",
        )
    ]


def _only_decode(experiment: TileExperiment, sensors: SensorSet) -> list[Problem]:
    parts = configs_in(experiment.train_module, ("train_module",))
    for (path, config), setting in product(parts, ("only_decode_modalities", "decoded_modalities")):
        names = getattr(config, setting, ())
        if names and set(names) >= set(sensors.names):
            hint = f"leave some of {', '.join(sensors.names)} out of it"
            return [Problem("every sensor is decoded only, so nothing is encoded", (*path, setting), hint)]
    # A policy of a plugin has its own settings for it.
    if experiment.encoded_sensors:
        return []
    return [
        Problem("no view encodes any of the sensors", ("train_module",), "choose another masking, or other sensors")
    ]


def _weights(experiment: TileExperiment, sensors: SensorSet) -> list[Problem]:
    problems = []
    for path, config in configs_in(experiment.train_module, ("train_module",)):
        if isinstance(config, ModalityPatchDiscriminationConfig) and config.modality_weights is not None:
            without = [name for name in sensors.names if name not in config.modality_weights]
            if without:
                hint = "give every sensor in use a weight, 1 by default"
                problems.append(Problem(f"no weight for {listed(without)}", (*path, "modality_weights"), hint))
    return problems


def _windows(experiment: TileExperiment, sensors: SensorSet) -> list[Problem]:
    loader = experiment.data_loader
    if not isinstance(loader, TileLoaderConfig):
        return []
    for patches in loader.sampled_hw_p_list:
        fit = partial(max_timesteps, sensors, patches, loader.token_budget, loader.token_budget_groups)
        problems = problems_raised(("data_loader", "token_budget"), fit)
        if problems:
            return problems
    longest = getattr(getattr(experiment.model, "encoder", None), "max_sequence_length", None)
    steps = max(
        max_timesteps(sensors, patches, loader.token_budget, loader.token_budget_groups)
        for patches in loader.sampled_hw_p_list
    )
    if longest is not None and steps > longest:
        return [
            Problem(
                f"the loader gives windows of up to {steps} time steps, the encoder takes {longest}",
                ("model", "encoder", "max_sequence_length"),
                f"set it to {steps}, or lower data_loader.token_budget",
            )
        ]
    return []


def _patch_sizes(experiment: TileExperiment) -> list[Problem]:
    loader, encoder = experiment.data_loader, getattr(experiment.model, "encoder", None)
    if not isinstance(loader, TileLoaderConfig):
        return []
    smallest, largest = (getattr(encoder, name, None) for name in ("min_patch_size", "max_patch_size"))
    problems = []
    if smallest is not None and loader.min_patch_size < smallest:
        problems.append(
            Problem(
                f"patches of {loader.min_patch_size} cells are smaller than the encoder's smallest, {smallest}",
                ("data_loader", "min_patch_size"),
                "raise it, or lower model.encoder.min_patch_size",
            )
        )
    if largest is not None and loader.max_patch_size > largest:
        problems.append(
            Problem(
                f"patches of {loader.max_patch_size} cells are larger than the encoder's largest, {largest}",
                ("data_loader", "max_patch_size"),
                "lower it, or raise model.encoder.max_patch_size",
            )
        )
    return problems
