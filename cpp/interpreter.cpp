#include "interpreter.hpp"

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
    ProfileRecorder& recorder;
    explicit Recording(ProfileRecorder& r) : recorder(r) { recorder.start(); }
    ~Recording() { recorder.stop(); }
  };
  const Recording recording(recorder_);
  const auto prepare = [this] {
    collect_events();
    prepare_run();
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

}  // namespace tflops
