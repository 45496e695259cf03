"""Maps of a pretraining set as what is predicted."""
