"""The `spacenit` encoder: RMSNorm, SwiGLU, grouped-query attention, rotary positions in space and time."""
