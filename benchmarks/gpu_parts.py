"""What `gpu.sh run` runs: each part one script of this folder, in a process of its own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part of the run.

    Attributes:
        name: for `--skip` and the result.
        script: in this folder; prints JSON lines.
        limit: seconds that it may take.
        cuda: its arguments on a GPU.
        quick: its arguments where it is only to be shown that it works.
    """

    name: str
    script: str
    limit: float
    cuda: str
    quick: str


RECIPES = "nano tiny base v1_2_nano v1_2_tiny v1_2_base spacenit_nano spacenit_base"

PARTS = (
    Part("peak", "peak.py", 40, "", "--size 256"),
    Part("tests", "gpu_tests.py", 110, "", ""),
    Part(
        "train_step",
        "train_step.py",
        160,
        f"--recipe {RECIPES} --precision bfloat16 --attention auto --batch 32 --steps 10 --warmup 3",
        "--recipe v1_2_nano --batch 2 --steps 1 --warmup 0",
    ),
    Part(
        "encoding",
        "inference.py",
        80,
        "nano tiny base --precision bfloat16 --attention auto --batch 16 --repeats 5",
        "nano --batch 1 --repeats 1 --patches 8",
    ),
    Part("attention", "attention.py", 70, "", "--sequences 4 --longest 32 --repeats 1"),
    Part(
        "loader",
        "loader.py",
        70,
        "--make 64 --batch 32 --workers 12 --repeats 10 --sizes drawn",
        "--make 4 --batch 2 --workers 0 --epochs 1",
    ),
)
"""In their order. Together they stay below 9 minutes; what comes last gets less where time is short."""
