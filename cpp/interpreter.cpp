#include "interpreter.hpp"

#include <limits>
#include <stdexcept>

#include "errors.hpp"

namespace tflops {

std::int64_t Interpreter::invoke() { return time_invokes({1, 0.0}, 1, [] {}).front(); }

std::vector<std::int64_t> Interpreter::time_invokes(const Limits& limits, std::int64_t invokes_per_sample,
                                                    const Between& between) {
  need_allocation("invoke");
  if (invokes_per_sample < 1) {
    throw std::invalid_argument("invokes_per_sample must be at least 1, not " + std::to_string(invokes_per_sample));
  }
  const auto prepare = [&] {
    pace_.wait(limits.interval_seconds, [&] { between(); });
    prepare_run();
  };
  return time_calls(limits, prepare, [&] { run(invokes_per_sample); }, [&] { between(); });
}

std::vector<std::int64_t> Interpreter::profile_invokes(const Limits& limits, const Between& between) {
  if (!can_profile()) throw InvokeError("this interpreter cannot profile: it was created without profile=True");
  need_allocation("profile");
  struct Recording {
    Interpreter& self;
    explicit Recording(Interpreter& s) : self(s) { self.recorder_.start(); }
    ~Recording() {
      self.recorder_.stop();
      self.stop_events();
    }
  };
  const Recording recording(*this);
  bool has_run = false;
  const auto prepare = [this, &has_run] {
    if (has_run) collect_events();
    has_run = true;
    prepare_run();
    start_events();
    recorder_.begin_run();
  };
  auto samples = time_calls(limits, prepare, [this] { run(1); }, [&] { between(); });
  collect_events();
  return samples;
}

void Interpreter::need_allocation(const char* what) const {
  if (!is_allocated_) {
    throw InvokeError("cannot " + std::string(what) + ": call allocate() first, and again after resize_input()");
  }
}

void Interpreter::check_threads(int threads) {
  if (threads < 1) throw std::invalid_argument("threads must be at least 1, not " + std::to_string(threads));
}

std::size_t Interpreter::check_position(std::int64_t position, std::size_t count, const char* what) {
  if (position < 0 || position >= static_cast<std::int64_t>(count)) {
    throw std::out_of_range("there is no " + std::string(what) + " " + std::to_string(position) +
                            ": the model has " + std::to_string(count));
  }
  return static_cast<std::size_t>(position);
}

std::vector<int> Interpreter::to_dims(const std::vector<std::int64_t>& shape) {
  std::vector<int> dims;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || extent > std::numeric_limits<int>::max()) {
      throw std::invalid_argument("a dimension must be between 0 and 2^31 - 1, not " + std::to_string(extent));
    }
    dims.push_back(static_cast<int>(extent));
  }
  return dims;
}

}  // namespace tflops
