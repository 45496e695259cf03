"""TreeSatAI Time Series (Ahlswede et al. 2023, Astruc et al. 2024): trees of Lower Saxony over one year."""
