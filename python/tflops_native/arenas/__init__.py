"""Where tensors have their memory: liveness, scratch memory of kernels, and planned arenas."""
