"""The trainer: an experiment becomes checkpoints, by updates."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from attrs import asdict
from torch import nn

from spacenit_core import checkpoint
from spacenit_core.contracts.blame import explained
from spacenit_core.contracts.optimizers import check_state
from spacenit_core.contracts.owner import owner_of
from spacenit_core.contracts.schedulers import learning_rate
from spacenit_core.errors import UserError
from spacenit_core.kinds.callbacks import Callback
from spacenit_core.kinds.loaders import CorruptSample, Loader, TrainingBatch
from spacenit_core.text import listed
from spacenit_train.distributed.world import World
from spacenit_train.experiment import Experiment
from spacenit_train.remarks import remarks_on_length, say_notes
from spacenit_train.trainer import origin, out_of_memory, resume, state
from spacenit_train.trainer.beginning import FormerPart, begin_metrics, find_checkpoint, report, say_remarks
from spacenit_train.trainer.config import TrainerConfig
from spacenit_train.trainer.duration import Progress, is_complete, planned_steps
from spacenit_train.trainer.listeners import Listeners
from spacenit_train.trainer.metrics import MetricsFile
from spacenit_train.trainer.parts import build_parts
from spacenit_train.trainer.precision import arithmetic_of
from spacenit_train.trainer.rows import PendingRows
from spacenit_train.trainer.run_folder import describe, locked, versions, writing
from spacenit_train.trainer.signals import InterruptedRunError, StopRequest

_EMPTY_STEPS = 10
"""Windows at the edge of an image may hold no pixel, but hardly those of so many global batches."""


class Trainer:
    """Trains one experiment in one folder, from its newest checkpoint or from the start.

    Everything random is keyed by (seed, step), so a run that was stopped and resumed ends with the same weights, to the
    bit, as one that was not.

    Args:
        experiment: the resolved `spacenit_train.experiment.Experiment`; `trainer.save_folder` is set.
        header: lines about where the configuration comes from, kept in `config.yaml`.
        single: never to join other processes.
        trusted: sensors whose pixels are taken as they are, see `Experiment.check_first_batch`.

    Attributes:
        experiment: as given.
        config: its trainer settings.
        run_folder: where everything is written.
        world: the ranks.
        progress: how far the run is.
        model: what is trained; `model.encoder` is what is kept.
        loader: the source of batches.
        listeners: who hears of what happens.
        corrupt_samples: how many samples could not be read, by any rank; known when the run has ended.
    """

    def __init__(
        self, experiment: Experiment, *, header: Sequence[str] = (), single: bool = False, trusted: Collection[str] = ()
    ) -> None:
        if experiment.trainer.save_folder is None:
            raise UserError("the run has no folder", "give --trainer.save_folder=DIR")
        self.experiment = experiment
        self.config: TrainerConfig = experiment.trainer
        self.run_folder = Path(experiment.trainer.save_folder)
        self.world = World()
        self.progress = Progress()
        self.listeners = Listeners()
        self.corrupt_samples = 0
        self.model: nn.Module
        self.loader: Loader[TrainingBatch]
        self._header, self._single = tuple(header), single
        self._trusted = tuple(trusted)
        self._metrics = MetricsFile(self.run_folder / "metrics.jsonl")
        self._rows = PendingRows()
        self._former: FormerPart | None = None
        self._saved: tuple[int, bool] | None = None
        self._asked: list[bool] | None = None
        self._stop = StopRequest()

    @property
    def callbacks(self) -> list[Callback]:
        """What happens beside the step, in order."""
        return self.listeners.callbacks

    @property
    def run_name(self) -> str:
        """The run's name."""
        return str(self.experiment.run_name)

    @property
    def global_batch_size(self) -> int:
        """Samples per update, over all ranks."""
        return self.experiment.data_loader.global_batch_size

    @property
    def planned_steps(self) -> int:
        """Updates of the whole run; where its duration is in tokens an estimate, 0 before the first update."""
        return planned_steps(self.config.max_duration, self.progress, self.loader.steps_per_epoch)

    @property
    def is_complete(self) -> bool:
        """Whether the run has reached its duration."""
        return is_complete(self.config.max_duration, self.progress, self.loader.steps_per_epoch)

    @property
    def ends_interval(self) -> bool:
        """Whether the rows of metrics are written after the present step."""
        return self.progress.step % self.config.metrics_collect_interval == 0

    @property
    def has_saved(self) -> bool:
        """Whether the present step is in a checkpoint."""
        return self._saved is not None and self._saved[0] == self.progress.step

    def fit(self) -> None:
        """Train until the duration is reached.

        Raises:
            InterruptedRunError: after a signal; the state is saved and the same command goes on.
            SpaceNitError: for what a person can mend.
        """
        try:
            with self._stop, ExitStack() as resources:
                self.world = World.join(self.config.device, single=self._single)
                resources.callback(self.world.leave)
                self.world.on_main_rank(lambda: self._claim(resources))
                self._build()
                resources.callback(self.loader.close)
                self._resume()
                self._run()
        except Exception as error:
            known = self._explained(error)
            if known is error:
                raise
            raise known from error

    def save(self, *, ephemeral: bool) -> None:
        """Publish a checkpoint of the present state; all ranks call it.

        Where a callback asks for it at the end of a step, it is published when all callbacks have seen the step.

        Args:
            ephemeral: whether the next checkpoint may replace it.

        Raises:
            DataError: on all ranks, where it cannot be written.
        """
        if self._saved in ((self.progress.step, False), (self.progress.step, ephemeral)):
            return
        if self._asked is not None:
            self._asked.append(ephemeral)
            return
        # Weights that are not finite are found here, on all ranks, before they replace any checkpoint.
        self._rows.read()
        path = Path(self.world.on_main_rank(lambda: str(self._write(ephemeral))))
        self._saved = (self.progress.step, ephemeral)
        if self.world.is_main:
            self.listeners.checkpoint_saved(self, path)

    def log(self, name: str, value: float) -> None:
        """Add a number to the metrics of the newest step that is not written yet, else of the next one.

        Raises:
            ValueError: for a metric that the step has already, and for what is no number.
        """
        self._rows.log(name, value)

    def summary(self) -> str:
        """What is about to happen, in one line."""
        size = sum(parameter.numel() for parameter in self.model.parameters() if parameter.requires_grad)
        arithmetic = arithmetic_of(self.model, self.world.device, bfloat16=self._parts.update.bfloat16)
        processes = f"{self.world.size} processes, " if self.world.size > 1 else ""
        return (
            f"{self.experiment.run_name}: step {self.progress.step}, to {self.config.max_duration}; "
            f"{size:,} parameters, {self.loader.samples:,} samples, {self.loader.steps_per_epoch:,} steps per epoch, "
            f"{processes}{self.world.device} {arithmetic}; "
            f"{self._described and f'{self._described}; '}{self.run_folder}"
        )

    def _explained(self, error: Exception) -> Exception:
        """An error as a person can use it, where memory ran out or a plugin failed; any other as it is."""
        return explained(out_of_memory.explain(error, self.experiment, self.world.device))

    def _claim(self, resources: ExitStack) -> None:
        resources.enter_context(locked(self.run_folder))
        checkpoint.clean(self.run_folder)

    def _build(self) -> None:
        self._parts = build_parts(self.experiment, self.world, self.run_folder, self._explained)
        self.model, self.loader = self._parts.model, self._parts.loader
        self.listeners = self.world.on_every_rank(lambda: Listeners.of(self.config.callbacks.values()))

    def _resume(self) -> None:
        self._described = self.world.on_main_rank(self.loader.describe)
        self._data = self.world.on_main_rank(self.loader.fingerprint)
        where = (self.run_folder, self.experiment, self._data)
        found = self.world.on_main_rank(lambda: str(find_checkpoint(*where) or ""))
        if found:
            self.world.on_every_rank(lambda: self._load(Path(found)))
        else:
            self.world.on_main_rank(lambda: self.experiment.check_samples(self.loader))
        if not found and (path := self.config.load_path) is not None:
            source = Path(self.world.on_main_rank(lambda: str(origin.find_weights(path))))
            self.world.on_main_rank(lambda: self.experiment.say_of_weights(source))
            self.world.on_every_rank(
                lambda: origin.take_weights(source, self.model, self._parts.runner, self.experiment.seed)
            )
        self.world.on_main_rank(self._begin_files)
        self._parts.strategy.share_weights()
        self._parts.runner.train()

    def _begin_files(self) -> None:
        begin_metrics(self._metrics, self.run_folder, self.progress.step, resumed=self._former is not None)
        describe(self.run_folder, self.experiment, self._header, self.world.device, self.world.size)
        if not self.is_complete:
            per_epoch, size = self.loader.steps_per_epoch, self.world.size
            say_remarks(self.experiment, self._former, self.progress, steps_per_epoch=per_epoch, world_size=size)

    def _load(self, path: Path) -> None:
        saved = state.read(path)
        state.restore(path, saved, self.model, self._parts.optimizer)
        self.progress = saved.progress
        self.loader.recall_corrupt(saved.corrupt)
        self._former = FormerPart.of(saved)
        self._saved = (saved.progress.step, checkpoint.Manifest.read(path).ephemeral)

    def _run(self) -> None:
        failure: BaseException | None = None
        try:
            self.listeners.run_started(self)
            self._loop()
            self._rows.read()
            self.corrupt_samples = self.loader.corrupt_samples
            if not self.is_complete:
                raise InterruptedRunError(
                    f"stopped by {self._stop.received or 'a signal'} after step {self.progress.step}"
                )
        except BaseException as error:
            failure = error
            raise
        finally:
            self._end(failure)

    def _loop(self) -> None:
        batches = self.loader.batches(self.progress.step)
        while not self.is_complete:
            started = time.perf_counter()
            batch, tokens = self._next(batches)
            if batch is None:
                return
            waited = time.perf_counter() - started
            after = self.progress.after(tokens)
            planned = planned_steps(self.config.max_duration, after, self.loader.steps_per_epoch)
            peak = self.experiment.train_module.optim.lr
            lr = learning_rate(self.experiment.train_module.scheduler, peak, after.step, planned)
            if on_step_start := getattr(self._parts.runner, "on_step_start", None):
                on_step_start(after.step, planned)
            numbers = self._parts.update(batch, self.progress.step, lr)
            self.progress = after
            counts = {"step": after.step, "epoch": after.step / self.loader.steps_per_epoch, "tokens": after.tokens}
            seconds = {"seconds": time.perf_counter() - started, "data_seconds": waited}
            self._rows.add({**counts, "lr": lr, **seconds}, numbers)
            self._check_not_empty()
            if after.step == 1 and self.world.is_main and self.config.max_duration.unit == "tokens":
                say_notes(remarks_on_length(self.experiment, planned))
            self._end_step()

    def _check_not_empty(self) -> None:
        """Refuse to train on nothing, once it cannot be the chance of a few windows."""
        progress = self.progress
        if progress.tokens or (progress.step < _EMPTY_STEPS and not self.is_complete):
            return
        self.world.sum_and_check(failure=self.experiment.nothing_to_learn(progress.step))

    def _next(self, batches: Iterator[TrainingBatch]) -> tuple[TrainingBatch | None, int]:
        """The next batch, None where any rank was asked to stop, and the tokens of the whole global batch."""
        batch, tokens, failure = None, 0, None
        try:
            batch = next(batches)
            tokens = batch.token_count()
            # A later batch may by chance be all water, and a run that was stopped has to go on.
            if self.progress.step == 0:
                self._say_of_first(self.experiment.check_first_batch(batch, self._trusted))
        except Exception as error:
            # A signal to all processes can take the loader's workers with it; then it is the signal that counts.
            failure = error if self._stop.received is None else None
        corrupt = self.loader.take_unshared()
        stop, tokens, found = self.world.sum_and_check([self._stop.received is not None, tokens, len(corrupt)], failure)
        if found:
            everywhere = self.world.gather([asdict(sample) for sample in corrupt])
            self.world.on_every_rank(lambda: self.loader.take_note(CorruptSample(**sample) for sample in everywhere))
        return (None if stop else batch), tokens

    def _say_of_first(self, remarks: Sequence[str]) -> None:
        if remarks and self.world.is_main:
            report("\n".join(remarks))

    def _end_step(self) -> None:
        if self._parts.update.check or self.ends_interval:
            self._rows.read()
        # What callbacks add to the row belongs to it: neither it nor a checkpoint is written before all have seen it.
        row, self._asked = self._rows.last, []
        try:
            self.listeners.step_ended(self, row)
        finally:
            asked, self._asked = self._asked, None
            if asked:
                self.save(ephemeral=all(asked))
        if self.ends_interval:
            self._collect()

    def _collect(self) -> None:
        rows = self._rows.take()
        if rows and self.world.is_main:
            with writing(self._metrics.path):
                self._metrics.append(rows)
            self.listeners.rows_written(self, rows)

    def _write(self, ephemeral: bool) -> Path:
        # The rows go first: a checkpoint never knows steps that metrics.jsonl has not.
        self._collect()
        with writing(self._metrics.path):
            self._metrics.sync()
        config = resume.plain(self.experiment)
        check_state(self._parts.optimizer, owner_of(self.experiment.train_module.optim))
        saved = state.SavedState(
            progress=self.progress,
            epoch=self.progress.step // self.loader.steps_per_epoch,
            config=config,
            data=self._data,
            processes=self.world.size,
            optimizer={},
            encoded_sensors=list(self.experiment.encoded_sensors.names),
            corrupt=self.loader.corrupt_indices,
        )
        return checkpoint.write(
            self.run_folder,
            self.progress.step,
            state.files(saved, self.experiment.checkpoint_files(), self.model, self._parts.optimizer),
            ephemeral=ephemeral,
            config_sha256=resume.config_digest(config),
            versions=versions(),
        )

    def _end(self, failure: BaseException | None) -> None:
        try:
            self._collect()
        finally:
            self.listeners.run_ended(self, failure)
            if self._rows.early and self.world.is_main:
                report(f"logged after the last step, so not in metrics.jsonl: {listed(self._rows.early)}")
