"""TensorFlow Lite model files: bytes -> `Model`. Knows no rule about any operator."""
