"""What virtual rasters (VRT) are made of: their bands often have no name but that of the file they come from."""

from pathlib import Path
from xml.etree import ElementTree

from rasterio.io import DatasetReader

from spacenit_data.rasters.opening import OPEN


def source_names(file: DatasetReader, band: int) -> tuple[str, str]:
    """The name that the first source of a virtual raster's band has in its file, and that file where it holds no other.

    Both are empty for other rasters, and where nothing is told.

    Args:
        file: the virtual raster.
        band: number of the band, from 1.

    Raises:
        DataError: if the source cannot be opened.
    """
    text = file.tags(band, ns="vrt_sources").get("source_0", "") if file.driver == "VRT" else ""
    try:
        root = ElementTree.fromstring(text)
        source, number = root.find("SourceFilename"), int(root.findtext("SourceBand", "1"))
    except (ElementTree.ParseError, ValueError):
        return "", ""
    if source is None or not source.text:
        return "", ""
    folder = Path(file.name).parent if source.get("relativeToVRT") == "1" else Path()
    path = str(folder / source.text)
    with OPEN.get(path) as part:
        return part.descriptions[number - 1] or "", path if part.count == 1 else ""
