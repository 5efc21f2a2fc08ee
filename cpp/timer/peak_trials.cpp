#include "peak_trials.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <new>
#include <set>
#include <thread>

#include "affinity.hpp"
#include "peaks.hpp"

namespace tflops::timer {
namespace {

constexpr std::int64_t trial_ns = 1'000'000;
constexpr int trials_without_gain = 50;
constexpr int most_trials = 200;
constexpr double gain = 1.002;
constexpr int confirmations = 3;
constexpr std::size_t candidates = 2;
constexpr std::int64_t dram_least_bytes = std::int64_t{64} << 20;
constexpr std::int64_t dram_most_bytes = std::int64_t{1} << 30;
constexpr std::int64_t dram_parts = 16;

// Does something so many times; returns the nanoseconds that took.
using Trial = std::function<std::int64_t(std::int64_t)>;

double best_of(const std::function<double()>& measure) {
  double best = 0;
  for (int without_gain = 0, count = 0; without_gain < trials_without_gain && count < most_trials; ++count) {
    const double rate = measure();
    without_gain = rate > gain * best ? 0 : without_gain + 1;
    best = std::max(best, rate);
  }
  return best;
}

// The time of one trial; the least of several where it seems long enough, for one alone may have been interrupted.
std::int64_t least_of(const Trial& trial, std::int64_t repetitions) {
  std::int64_t least = std::max<std::int64_t>(trial(repetitions), 1);
  for (int confirmed = 1; least >= trial_ns / 4 && confirmed < confirmations; ++confirmed) {
    least = std::clamp<std::int64_t>(trial(repetitions), 1, least);
  }
  return least;
}

std::int64_t calibrated(const Trial& trial) {
  std::int64_t repetitions = 1;
  while (true) {
    const std::int64_t elapsed = least_of(trial, repetitions);
    if (elapsed >= trial_ns / 4) {
      const double wanted = static_cast<double>(repetitions) * static_cast<double>(trial_ns);
      return std::max<std::int64_t>(1, std::llround(wanted / static_cast<double>(elapsed)));
    }
    repetitions *= std::min(std::max<std::int64_t>(trial_ns / (2 * elapsed), 2), std::int64_t{64});
  }
}

double best_rate(const Trial& trial) {
  const std::int64_t repetitions = calibrated(trial);
  return best_of([&] {
    const std::int64_t elapsed = std::max<std::int64_t>(trial(repetitions), 1);
    return static_cast<double>(repetitions) * 1e9 / static_cast<double>(elapsed);
  });
}

struct Cache {
  int level;
  std::int64_t size_bytes;
  std::int64_t instances;
};

std::string line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "32K"; 0 for what is not a size.
std::int64_t bytes_of(const std::string& text) {
  std::int64_t bytes = 0;
  for (const char letter : text) {
    if (letter >= '0' && letter <= '9' && bytes < (std::int64_t{1} << 40)) bytes = 10 * bytes + (letter - '0');
  }
  if (!text.empty() && text.back() == 'K') return bytes << 10;
  if (!text.empty() && text.back() == 'M') return bytes << 20;
  return bytes;
}

std::vector<Cache> data_caches(const std::vector<int>& cpus) {
  std::map<int, std::int64_t> sizes;
  std::map<int, std::set<std::string>> sharers;
  for (const int cpu : cpus) {
    for (int index = 0; index < 16; ++index) {
      const std::string folder =
          "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cache/index" + std::to_string(index) + "/";
      const std::string type = line_of(folder + "type");
      if (type != "Data" && type != "Unified") continue;
      const std::int64_t level = bytes_of(line_of(folder + "level"));
      const std::int64_t size = bytes_of(line_of(folder + "size"));
      if (level < 1 || level > 9 || size < 1) continue;
      auto& known = sizes[static_cast<int>(level)];
      known = std::max(known, size);
      sharers[static_cast<int>(level)].insert(line_of(folder + "shared_cpu_list"));
    }
  }
  std::vector<Cache> caches;
  caches.reserve(sizes.size());
  for (const auto& [level, size] : sizes) {
    caches.push_back({level, size, static_cast<std::int64_t>(sharers[level].size())});
  }
  // Where the system hides them: what small cores have had for a decade.
  const auto count = static_cast<std::int64_t>(cpus.size());
  if (caches.empty()) caches = {{1, std::int64_t{32} << 10, count}, {2, std::int64_t{512} << 10, count}};
  return caches;
}

std::optional<std::int64_t> available_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("MemAvailable:", 0) == 0) return bytes_of(line) << 10;
  }
  return std::nullopt;
}

MemoryPeak memory_peak(const std::string& name, std::optional<std::int64_t> capacity, std::int64_t total, int threads,
                       std::int64_t parts) {
  const std::int64_t step = ReadBuffers::granularity * parts;
  const std::int64_t per_thread = std::max<std::int64_t>(total / threads / step, 1) * step;
  const ReadBuffers buffers(per_thread, threads);
  const ReadKernel kernel = read_kernels().front();
  double rate = 0;
  if (parts == 1) {
    rate = best_rate([&](std::int64_t passes) { return buffers.time(kernel, passes); });
  } else {
    // A part is not read again before all others were: no cache still holds it.
    std::int64_t turn = 0;
    rate = best_of([&] {
             const std::int64_t elapsed = buffers.time_part(kernel, turn++ % parts, parts);
             return 1e9 / static_cast<double>(std::max<std::int64_t>(elapsed, 1));
           }) /
           static_cast<double>(parts);
  }
  const std::int64_t bytes = per_thread * threads;
  return {name, capacity, bytes, rate * static_cast<double>(bytes)};
}

ComputePeak compute_peak(const std::string& arithmetic, int threads) {
  std::vector<ComputeKernel> kernels;
  for (const ComputeKernel& kernel : compute_kernels()) {
    if (kernel.arithmetic == arithmetic) kernels.push_back(kernel);
  }
  // The plain loop is the last, and counts where there is nothing else.
  if (kernels.size() > 1) kernels.pop_back();
  kernels.resize(std::min(kernels.size(), candidates));
  ComputePeak best{arithmetic, 0, ""};
  for (const ComputeKernel& kernel : kernels) {
    const double rate = best_rate([&](std::int64_t rounds) { return time_compute(kernel, rounds, threads); });
    const double operations = rate * threads * static_cast<double>(kernel.operations_per_round);
    if (operations > best.operations_per_second) best = {arithmetic, operations, kernel.instructions};
  }
  return best;
}

}  // namespace

ThreadPeaks measure_peaks(int threads) {
  std::vector<int> cpus = allowed_cpus().value_or(std::vector<int>{});
  if (cpus.empty()) {
    const int count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    for (int cpu = 0; cpu < count; ++cpu) cpus.push_back(cpu);
  }
  ThreadPeaks peaks;
  peaks.threads = std::min(threads, static_cast<int>(cpus.size()));
  std::set<std::string> seen;
  for (const ComputeKernel& kernel : compute_kernels()) {
    if (seen.insert(kernel.arithmetic).second) peaks.compute.push_back(compute_peak(kernel.arithmetic, peaks.threads));
  }
  std::int64_t nearer = 0;
  for (const Cache& cache : data_caches(cpus)) {
    const std::int64_t capacity = cache.size_bytes * std::min<std::int64_t>(peaks.threads, cache.instances);
    const std::int64_t enough = nearer > 0 ? 4 * nearer : capacity;
    const std::int64_t total = std::max(std::min(capacity / 4, enough), 2 * nearer);
    peaks.memory.push_back(memory_peak("L" + std::to_string(cache.level), capacity, total, peaks.threads, 1));
    nearer = capacity;
  }
  std::int64_t wanted = std::min(std::max(4 * nearer, dram_least_bytes), std::max(dram_most_bytes, 2 * nearer));
  if (const auto available = available_bytes()) wanted = std::min(wanted, *available / 4);
  if (wanted >= 2 * nearer) {
    try {
      peaks.memory.push_back(memory_peak("DRAM", std::nullopt, wanted, peaks.threads, dram_parts));
    } catch (const std::bad_alloc&) {  // then it stays unknown
      return peaks;
    }
  }
  return peaks;
}

}  // namespace tflops::timer
