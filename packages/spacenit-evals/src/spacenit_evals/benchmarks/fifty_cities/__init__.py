"""50 Cities: land cover of cities."""
