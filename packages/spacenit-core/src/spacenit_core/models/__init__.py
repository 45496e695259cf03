"""What is trained together: encoder, predictor and target."""
