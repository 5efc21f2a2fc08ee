"""A runtime that is made up, for tests of what is done with its times."""

import numpy as np


class FakeInterpreter:
    """Answers with durations of a written function of the number of the sample; no time passes.

    asked   what it was asked for: (runs, max_seconds, invokes_per_sample, interval_seconds)
    """

    def __init__(self, sample_ns, chunk=10):
        self.sample_ns = sample_ns
        self.chunk = chunk
        self.taken = 0
        self.asked = []

    def time_invokes(self, runs, max_seconds, invokes_per_sample=1, interval_seconds=0.0):
        assert runs >= 1
        assert max_seconds >= 0
        self.asked.append((runs, max_seconds, invokes_per_sample, interval_seconds))
        numbers = range(self.taken, self.taken + min(runs, self.chunk))
        self.taken = numbers.stop
        return np.array([self.sample_ns(number) for number in numbers], dtype=np.int64)
