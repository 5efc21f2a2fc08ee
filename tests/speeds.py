"""Machines that change their speed while samples are taken, [trials, samples]."""

import numpy as np


def moving(random, shape, memory):
    """The speed moves all the time, each sample like the one before; standard deviation 1."""
    trials, count = shape
    levels = random.standard_normal((count, trials)) * np.sqrt(1 - memory**2)
    levels[0] = random.standard_normal(trials)
    for step in range(1, count):
        levels[step] += memory * levels[step - 1]
    return levels.T


def stepping(random, shape, dwell):
    """The speed stays for so many samples on average, and then is another one; standard deviation 1."""
    trials, count = shape
    levels = np.empty((count, trials))
    levels[0] = random.standard_normal(trials)
    for step in range(1, count):
        changed = random.random(trials) < 1 / dwell
        levels[step] = np.where(changed, random.standard_normal(trials), levels[step - 1])
    return levels.T


def slowed(random, shape, dwell):
    """A neighbor computes three tenths of the time, for a while each time: whether a sample is slower."""
    trials, count = shape
    slow = np.empty((count, trials), dtype=bool)
    slow[0] = random.random(trials) < 0.3
    for step in range(1, count):
        flip = np.where(slow[step - 1], 1 / (0.6 * dwell), 1 / (1.4 * dwell))
        slow[step] = slow[step - 1] ^ (random.random(trials) < flip)
    return slow.T
