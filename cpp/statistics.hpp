// The statistics that decide when a measurement may stop: those of python/tflops_native/timing, whose comments
// and simulations give the reasons; tests/native/test_statistics.py holds both to the same numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tflops {

// Interpolated between the two in the middle; 0 of nothing.
double median_of(std::vector<std::int64_t> samples);

struct MedianInterval {
  double lower;
  double upper;
  double effective_samples;
};

// The 95 % interval of the median of samples in the order in which they were taken, by order statistics and
// their autocorrelation; nothing where there are too few to say.
std::optional<MedianInterval> median_interval(const std::vector<std::int64_t>& samples);

// Whether half of the interval is no more than this part of the median.
bool is_precise(const std::vector<std::int64_t>& samples, double precision);

// After how many samples to look whether they are precise, having looked at so many.
std::int64_t next_look(std::int64_t samples);

// Whether the last quarter of warm-up samples takes as long as the one before.
bool is_steady(const std::vector<std::int64_t>& samples);

}  // namespace tflops
