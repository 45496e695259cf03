"""SICKLE (Sani et al. 2024): plots of paddy and other crops in the Cauvery delta, with yields."""
