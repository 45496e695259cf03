"""Small networks of DINOv3 by the package transformers: their files, and what they make of pictures.

    pip install torch transformers safetensors numpy
    python plugins/spacenit-dinov3/tests/goldens/make_transformers.py

Weights are random, of all sizes that a published file has: layer scales and biases too.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import DINOv3ViTConfig, DINOv3ViTModel

HERE = Path(__file__).parent
COMMON = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_register_tokens": 4,
    "pos_embed_rescale": None,
    "layer_norm_eps": 1e-5,
}


def make(name: str, **settings: object) -> None:
    """Write NAME.safetensors, by the names of the hub's files, with pictures and tokens beside the weights."""
    torch.manual_seed(0)
    model = DINOv3ViTModel(DINOv3ViTConfig(**COMMON, **settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.1)
    pictures = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 3, 48, 32)).astype(np.float32))
    with torch.no_grad():
        tokens = model(pictures).last_hidden_state
    model.save_pretrained(HERE / "saved", safe_serialization=True)
    from safetensors.torch import load_file

    state = load_file(HERE / "saved" / "model.safetensors")
    for file in (HERE / "saved").iterdir():
        file.unlink()
    (HERE / "saved").rmdir()
    save_file({**state, "golden.pictures": pictures, "golden.tokens": tokens}, HERE / f"{name}.safetensors")


make("plain", intermediate_size=128)
make("gated", intermediate_size=128, use_gated_mlp=True, hidden_act="silu")
