"""What turns samples into vectors: trained encoders, and what they are compared with."""
