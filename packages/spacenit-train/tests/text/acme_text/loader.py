"""Loader `texts`: pieces of the text files of a folder, as bytes."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.loaders import Loader, LoaderConfig, LoaderContext, LoaderInputs
from spacenit_core.rng import generator

if TYPE_CHECKING:
    from acme_text.batch import Texts


class TextInputs(LoaderInputs, Protocol):
    """What an experiment on texts tells its loader beside what all do."""

    @property
    def context(self) -> int:
        """Bytes of a text from which the following ones are predicted."""
        ...


@frozen(kw_only=True)
class TextLoaderConfig(LoaderConfig):
    """Settings of loader `texts`."""

    folder: Path | None = setting("folder of the *.txt files", None)
    global_batch_size: int = setting("texts per step, over all ranks", 4, validator=at_least(1))
    seed: int = setting("seed of the order", 0, validator=at_least(0))
    wait: float = setting("seconds that a batch takes at least, so that a run can be caught", 0.0)

    def incompatibilities(self, experiment: LoaderInputs) -> list[UserError]:
        """An experiment that does not say how long a text is."""
        return [] if hasattr(experiment, "context") else [UserError("the loader texts is for an experiment on texts")]

    def build(self, experiment: LoaderInputs, context: LoaderContext) -> "TextLoader":
        """Read all files.

        Raises:
            UserError: where there are none, or they do not fill a batch.
        """
        files = [] if self.folder is None else sorted(self.folder.glob("*.txt"))
        if not files:
            raise UserError(f"no text lies in {self.folder}", "give --data_loader.folder=DIR, which holds *.txt files")
        content = b"\n".join(path.read_bytes() for path in files)
        return TextLoader(self, content, len(files), cast(TextInputs, experiment).context, context)


class TextLoader(Loader["Texts"]):
    """Each epoch reads the pieces in another order, which depends on the seed and the epoch alone."""

    def __init__(self, config: TextLoaderConfig, content: bytes, files: int, context: int, of: LoaderContext) -> None:
        self._config, self._content, self._files, self._context, self._ranks = config, content, files, context, of
        if self.samples < config.global_batch_size:
            raise UserError(f"the texts have {len(content)} bytes, which do not fill a batch", "add texts")

    @property
    def samples(self) -> int:
        """Pieces of the files."""
        return (len(self._content) - 1) // self._context

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches of different pieces."""
        return self.samples // self._config.global_batch_size

    def batches(self, first_step: int = 0) -> Iterator["Texts"]:
        """This rank's rows of each global batch."""
        from acme_text.batch import Texts

        size = self._config.global_batch_size // self._ranks.world_size
        step = first_step
        while True:
            time.sleep(self._config.wait)
            epoch, within = divmod(step, self.steps_per_epoch)
            order = generator(self._config.seed, "text order", epoch).permutation(self.samples)
            first = within * self._config.global_batch_size + self._ranks.rank * size
            yield Texts.of(self._piece(int(index)) for index in order[first : first + size])
            step += 1

    def fingerprint(self) -> dict[str, str]:
        """The hash of all files."""
        return {"texts": hashlib.sha256(self._content).hexdigest()[:16]}

    def describe(self) -> str:
        """How many files there are."""
        return f"{self._files} files of text"

    def _piece(self, index: int) -> bytes:
        return self._content[index * self._context : (index + 1) * self._context + 1]
