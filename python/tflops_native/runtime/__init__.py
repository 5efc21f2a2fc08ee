"""What runs a model: libraries, options, sessions, and the data of the inputs."""
