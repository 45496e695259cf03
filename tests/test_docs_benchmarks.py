"""The table of benchmarks, and the index that `evals list` reads, are made from the code."""

import importlib.util
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def maker():
    spec = importlib.util.spec_from_file_location("make_benchmarks", DOCS / "make_benchmarks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_and_the_index_are_up_to_date():
    made = maker()
    found = made.listed()

    assert made.INDEX.read_text() == made.index(found), "run `uv run python docs/make_benchmarks.py`"
    assert made.PAGE.read_text() == made.page(found), "run `uv run python docs/make_benchmarks.py`"


def test_each_benchmark_says_whose_data_it_reads():
    for one in maker().listed():
        assert one.summary.endswith("."), one.name
        assert not one.variable or (one.source and one.licence), one.name


def test_the_list_imports_no_benchmark_and_no_numpy():
    code = (
        "import sys\nfrom spacenit_core.cli.main import run\n"
        "assert run(['evals', 'list']) == 0\n"
        "assert 'numpy' not in sys.modules and 'spacenit_evals.benchmarks.geobench_v1' not in sys.modules\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stderr
    assert "worldcereal_points" in found.stdout
