"""What files call the bands of a sensor."""

from collections.abc import Collection, Mapping

from attrs import field, frozen


@frozen(kw_only=True)
class BandNaming:
    """Names of bands besides the sensor's own. Case, blanks, punctuation and leading zeros make no difference.

    Common words need not be listed: whoever calls a band R, red, IR or nir means the same (see `rasters.spellings` of
    the data package).

    Attributes:
        others: band -> what else it is called: `{"B02": ("blue",)}`.
        nanometres: band -> its central wavelength, for files that name their bands by it.
        around: words that may stand beside a band's name in a longer one: `s2` and `l2a` in `S2-L2A-B02`.
    """

    others: Mapping[str, tuple[str, ...]] = field(factory=dict, hash=False)
    nanometres: Mapping[str, float] = field(factory=dict, hash=False)
    around: tuple[str, ...] = ()

    def foreign(self, bands: Collection[str]) -> list[str]:
        """The bands that other names are stated of, and that are none of a sensor's."""
        return sorted({*self.others, *self.nanometres} - set(bands))


OWN_NAMES = BandNaming()
"""Files use the sensor's own names."""
