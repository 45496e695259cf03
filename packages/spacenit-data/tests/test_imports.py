"""What reading samples needs: a machine that trains has little installed."""

import subprocess
import sys


def test_samples_are_read_without_rasterio() -> None:
    modules = ("spacenit_data.datasets.h5_tiles", "spacenit_data.loader.loader")
    code = f"import sys, {', '.join(modules)}; assert 'rasterio' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
