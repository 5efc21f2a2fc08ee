#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <utility>

namespace tflops {
namespace {

constexpr double quantile_of_interval = 2.1;
constexpr double least_effective_samples = 50;
constexpr std::int64_t first_look_samples = 60;
constexpr double look_factor = 1.3;
constexpr std::size_t least_steady_samples = 5;
constexpr double steady_tolerance = 0.01;

using Complex = std::complex<double>;

// In place; the length is a power of two. Forward, without a factor.
void fourier_transform(std::vector<Complex>& values) {
  const std::size_t count = values.size();
  for (std::size_t i = 1, j = 0; i < count; ++i) {
    std::size_t bit = count >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(values[i], values[j]);
  }
  constexpr double pi = 3.14159265358979323846;
  std::vector<Complex> roots(count / 2);
  for (std::size_t i = 0; i < roots.size(); ++i) {
    roots[i] = std::polar(1.0, -2 * pi * static_cast<double>(i) / static_cast<double>(count));
  }
  for (std::size_t length = 2; length <= count; length *= 2) {
    const std::size_t step = count / length;
    for (std::size_t start = 0; start < count; start += length) {
      for (std::size_t i = 0; i < length / 2; ++i) {
        const Complex odd = values[start + i + length / 2] * roots[i * step];
        values[start + i + length / 2] = values[start + i] - odd;
        values[start + i] += odd;
      }
    }
  }
}

// Of each lag below the length, times the variance.
std::vector<double> autocovariances(const std::vector<double>& centred) {
  std::size_t size = 1;
  while (size < 2 * centred.size()) size *= 2;
  std::vector<Complex> values(size);
  std::copy(centred.begin(), centred.end(), values.begin());
  fourier_transform(values);
  for (Complex& value : values) value = std::norm(value);
  // Of a real and even sequence the transform and its inverse are the same but for the factor.
  fourier_transform(values);
  std::vector<double> found(centred.size());
  for (std::size_t lag = 0; lag < found.size(); ++lag) found[lag] = values[lag].real() / static_cast<double>(size);
  return found;
}

// How many samples in a row say as much as one independent one.
double correlation_time(const std::vector<double>& signs) {
  const auto count = static_cast<double>(signs.size());
  double mean = 0;
  for (const double sign : signs) mean += sign;
  mean /= count;
  double variance = 0;
  std::vector<double> centred(signs);
  for (double& value : centred) {
    value -= mean;
    variance += value * value;
  }
  if (variance == 0) return 1;
  const std::vector<double> covariances = autocovariances(centred);
  double sum = 0;
  double least = 0;
  std::size_t kept = 0;
  for (; 2 * kept + 1 < covariances.size(); ++kept) {
    const double pair = (covariances[2 * kept] + covariances[2 * kept + 1]) / variance;
    if (pair <= 0) break;
    least = kept == 0 ? pair : std::min(least, pair);
    sum += least;
  }
  const double time = 2 * sum - 1;
  return time > 1 ? std::max(1.0, time * (1 + (4 * static_cast<double>(kept) + 1) / count)) : 1.0;
}

}  // namespace

double median_of(std::vector<std::int64_t> samples) {
  if (samples.empty()) return 0;
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  const auto upper = static_cast<double>(*middle);
  if (samples.size() % 2 == 1) return upper;
  return (static_cast<double>(*std::max_element(samples.begin(), middle)) + upper) / 2;
}

std::optional<MedianInterval> median_interval(const std::vector<std::int64_t>& samples) {
  if (samples.size() < 2) return std::nullopt;
  const double median = median_of(samples);
  std::vector<double> signs;
  signs.reserve(samples.size());
  for (const std::int64_t sample : samples) {
    const auto value = static_cast<double>(sample);
    signs.push_back(value > median ? 1.0 : value < median ? -1.0 : 0.0);
  }
  const auto count = static_cast<double>(samples.size());
  const double effective = count / correlation_time(signs);
  if (effective <= 2) return std::nullopt;
  const double quantile =
      quantile_of_interval * (1 + (quantile_of_interval * quantile_of_interval + 1) / (4 * (effective - 1)));
  const double half = quantile * count / (2 * std::sqrt(effective));
  const double lower = std::floor(count / 2 - half);
  const double upper = std::ceil(count / 2 + half) + 1;
  if (lower < 1 || upper > count) return std::nullopt;
  std::vector<std::int64_t> ordered(samples);
  const auto ranked = [&ordered](double rank) {
    const auto place = ordered.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
    std::nth_element(ordered.begin(), place, ordered.end());
    return static_cast<double>(*place);
  };
  const double least = ranked(lower);
  return MedianInterval{least, ranked(upper), effective};
}

bool is_precise(const std::vector<std::int64_t>& samples, double precision) {
  const auto interval = median_interval(samples);
  if (!interval || interval->effective_samples < least_effective_samples) return false;
  return (interval->upper - interval->lower) / 2 <= precision * median_of(samples);
}

std::int64_t next_look(std::int64_t samples) {
  return std::max(first_look_samples, static_cast<std::int64_t>(std::ceil(static_cast<double>(samples) * look_factor)));
}

bool is_steady(const std::vector<std::int64_t>& samples) {
  const std::size_t length = samples.size() / 4;
  if (length < least_steady_samples) return false;
  const auto quarter = static_cast<std::ptrdiff_t>(length);
  const std::vector<std::int64_t> newer(samples.end() - quarter, samples.end());
  const std::vector<std::int64_t> older(samples.end() - 2 * quarter, samples.end() - quarter);
  const double now = median_of(newer);
  if (std::abs(now - median_of(older)) <= steady_tolerance * now) return true;
  const auto first = median_interval(older);
  const auto second = median_interval(newer);
  return first && second && first->lower <= second->upper && second->lower <= first->upper;
}

}  // namespace tflops
