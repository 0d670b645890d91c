"""What every training of a network shares: checkpoints, devices, fewer layers, eight-bit integers, agreement."""
