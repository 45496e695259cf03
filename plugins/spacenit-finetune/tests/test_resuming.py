"""A run that was stopped ends in the same bits as one that was not."""

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_finetune.config import Finetune
from spacenit_train.trainer.signals import InterruptedRunError

from .encoders import Stopping, own_encoder, predicted
from .labelled import INPUTS, split

CONFIG = Finetune(epochs=6, learning_rate=0.02, patience=0, cooldown=0, batch_size=9)
GALILEO = EMBEDDERS.get("galileo")(sensors=("sentinel2_l2a",), random_init=True)


@pytest.mark.parametrize(("name", "at"), [("own", 4), ("own", 14), ("own", 22), ("galileo", 5)])
def test_interrupted_and_resumed_is_uninterrupted(tmp_path, name, at):
    samples, config, embedder = split("segmentation"), CONFIG, own_encoder()
    if name == "galileo":
        samples, config, embedder = (
            split("segmentation", count=9),
            evolve(CONFIG, epochs=3),
            GALILEO.build(None, INPUTS),
        )
    whole, cut = (evolve(config, folder=tmp_path / name) for name in ("whole", "cut"))
    expected = predicted(whole, samples, Stopping(embedder, 0))
    with pytest.raises(InterruptedRunError):
        predicted(cut, samples, Stopping(embedder, at))
    found = predicted(cut, samples, Stopping(embedder, 0))
    np.testing.assert_array_equal(found, expected)
    for kind in ("step*/model.safetensors", "step*/optimizer.safetensors", "best-*.safetensors"):
        files = [sorted(folder.glob(f"*/{kind}")) for folder in (tmp_path / "whole", tmp_path / "cut")]
        assert len(files[0]) == len(files[1]) == 1
        assert files[0][0].name == files[1][0].name and files[0][0].read_bytes() == files[1][0].read_bytes()


def test_a_run_that_is_complete_is_not_trained_again(tmp_path):
    samples, config = split("classification"), evolve(CONFIG, folder=tmp_path, epochs=2)
    expected = predicted(config, samples)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*.safetensors")}
    protocol = config.build()
    again = np.concatenate([one.values for one in protocol.predict(own_encoder(), samples)])
    np.testing.assert_array_equal(again, expected)
    assert files and files == {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*.safetensors")}
    assert protocol.remark.endswith("of 2, chosen on validation samples")
