"""An ablation, cell by cell: train, evaluate, and compare in the end."""

import time
from pathlib import Path

from attrs import evolve, frozen

from spacenit_ablations.ablate import processes
from spacenit_ablations.ablate.figures import read_figures
from spacenit_ablations.ablate.ledger import Ledger
from spacenit_ablations.ablate.plan import Cell, Plan
from spacenit_ablations.ablate.plot import draw
from spacenit_ablations.ablate.progress import following
from spacenit_ablations.ablate.report import BASELINE, Row, table, write_report
from spacenit_ablations.ablate.scores import Evaluation, folder_of, read_baselines, read_gains, read_scores
from spacenit_core.cli.console import console, err_console
from spacenit_train.preview import open_loader
from spacenit_train.trainer.run_folder import locked
from spacenit_train.trainer.signals import EXIT_AGAIN, InterruptedRunError, StopRequest


@frozen(kw_only=True)
class Ablation:
    """A planned ablation that is carried out.

    Attributes:
        plan: the cells.
        evaluation: how they are evaluated; None for training figures alone.
    """

    plan: Plan
    evaluation: Evaluation | None = None

    def run(self) -> int:
        """Train what is not finished, evaluate what is not evaluated, and write the table and the picture.

        Returns:
            0 where every cell is finished, 1 where some failed, 75 where the person asked to stop.

        Raises:
            SpaceNitError: before anything is trained, where settings or data differ from those of the cells that are
                there, or the labels do not fit.
        """
        Ledger.open(self.plan.folder).check(self.plan.cells)
        reference = self.plan.cells[0]
        loader = open_loader(reference.experiment)
        data = loader.fingerprint()
        loader.close()
        if self.evaluation is not None:
            judged = self.evaluation.checked(self.plan.cells)
            return evolve(self, evaluation=judged)._run_cells(data, judged.marks(self.plan.cells))
        return self._run_cells(data, [])

    def _run_cells(self, data: dict[str, str], marks: list[str]) -> int:
        with locked(self.plan.folder), StopRequest() as stop:
            ledger = Ledger.open(self.plan.folder)
            ledger.check(self.plan.cells)
            ledger.check_data(data)
            ledger.write()
            _say(f"{self.plan.title}: {len(self.plan.cells)} cells in {self.plan.folder}")
            waiting = [cell.name for cell in self.plan.cells if ledger.state(cell.name) != "finished"]
            try:
                for number, cell in enumerate(self.plan.cells, 1):
                    title, began = f"[{number}/{len(self.plan.cells)}] {cell.name}", time.perf_counter()
                    self._train(cell, title, ledger, stop)
                    self._evaluate(cell, title, ledger, marks, stop)
                    left = waiting[waiting.index(cell.name) + 1 :] if cell.name in waiting else []
                    if left:
                        _say(f"about {_span(len(left) * (time.perf_counter() - began))} for {len(left)} more")
            except InterruptedRunError as interruption:
                _say(f"{interruption.message}; give the same command again to go on")
                return EXIT_AGAIN
            return self._compare(ledger)

    def _train(self, cell: Cell, title: str, ledger: Ledger, stop: StopRequest) -> None:
        if ledger.state(cell.name) == "finished":
            _say(f"{title}: finished before")
            return
        started = time.perf_counter()
        ended = self._run(cell, list(cell.words), f"{title}: training", stop)
        if ended.code == EXIT_AGAIN or stop.received is not None:
            ledger.note(cell, "interrupted")
            raise InterruptedRunError(f"stopped in {cell.name}")
        took = f"{time.perf_counter() - started:.0f} s"
        if ended.code == 0:
            ledger.note(cell, "finished")
            _say(f"{title}: finished in {took}")
        else:
            ledger.note(cell, "failed", f"{_ending(ended.code)}: {ended.said}")
            _say(f"{title}: failed after {took}, {_ending(ended.code)}: {ended.said} (see {self._log(cell)})")

    def _evaluate(self, cell: Cell, title: str, ledger: Ledger, marks: list[str], stop: StopRequest) -> None:
        if self.evaluation is None or ledger.state(cell.name) != "finished":
            return
        if ledger.cells[cell.name].evaluation == marks and (folder_of(cell) / "results.json").exists():
            return
        ended = self._run(cell, self.evaluation.words(cell), f"{title}: evaluation", stop)
        if stop.received is not None:
            raise InterruptedRunError(f"stopped in the evaluation of {cell.name}")
        if ended.code == 0:
            ledger.note_evaluation(cell.name, marks)
        else:
            ledger.cells[cell.name].said = f"evaluation, {_ending(ended.code)}: {ended.said}"
            ledger.write()
            _say(f"{title}: the evaluation failed, {_ending(ended.code)}: {ended.said} (see {self._log(cell)})")

    def _run(self, cell: Cell, words: list[str], title: str, stop: StopRequest) -> processes.Ended:
        with following(title) as show:
            return processes.run(words, self._log(cell), stop, show)

    def _log(self, cell: Cell) -> Path:
        return self.plan.folder / f"{cell.name}.log"

    def _compare(self, ledger: Ledger) -> int:
        rows = [*(self._row(cell, ledger) for cell in self.plan.cells), *self._baselines(ledger)]
        inputs = () if self.evaluation is None else self.evaluation.sensors
        console().print(f"{table(self.plan.title, rows, inputs)}\n", markup=False, soft_wrap=True)
        written = [
            *write_report(self.plan, rows, inputs),
            draw(self.plan.title, rows, self.plan.folder / "results.png"),
        ]
        for name, reason in self.plan.left_out:
            _say(f"left out: {name}: {reason}")
        for path in written:
            _say(f"written: {path}")
        failed = [row.name for row in rows if row.state not in ("finished", BASELINE) or row.said]
        if failed:
            _say(f"failed: {', '.join(failed)}; the same command tries them again")
        return 1 if failed else 0

    def _baselines(self, ledger: Ledger) -> list[Row]:
        reference = self.plan.cells[0]
        if self.evaluation is None or ledger.cells[reference.name].said:
            return []
        found = read_baselines(reference)
        return [Row(name=name, state=BASELINE, scores=scores, gains=gains) for name, (scores, gains) in found.items()]

    def _row(self, cell: Cell, ledger: Ledger) -> Row:
        entry = ledger.cells[cell.name]
        judged = self.evaluation is not None and not entry.said
        return Row(
            name=cell.name,
            state=entry.state,
            said=entry.said,
            figures=read_figures(cell),
            scores=read_scores(cell) if judged else {},
            gains=read_gains(cell, self.plan.cells[0]) if judged else {},
        )


def _ending(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _say(text: str) -> None:
    err_console().print(text, markup=False, soft_wrap=True)
