// Keeps which operators ran in each run, and for how long.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "last_operator.hpp"
#include "measure.hpp"

namespace tflops {

// What ran. A delegate counts its operators by itself, so the index of a delegated event is not an index
// into the model, and two partitions may both have an operator 0 of the same name.
struct ProfileEvent {
  std::string name;
  std::int64_t operator_index;
  std::int64_t subgraph_index;
  bool is_delegated;
};

// When it ran. Delegates report whole units of theirs and no start: at_ns is then the moment at which they
// reported the operators of a partition, after all of them had run.
struct ProfileRecord {
  std::int32_t event_id;
  std::int32_t depth;  // how many events were open around it: operators that run a subgraph hold others
  std::int64_t at_ns;  // since the start of the run
  std::int64_t elapsed_ns;
};

// As an event, before it is known whether it is a new one.
struct ProfileKey {
  std::string_view name;
  std::int64_t operator_index;
  std::int64_t subgraph_index;
  bool is_delegated;
  bool operator==(const ProfileKey& other) const;
};

class ProfileRecorder {
 public:
  void start();
  // Call right before each invoke, outside the timed region.
  void begin_run();
  void stop();
  // Keep note there of where the runs are; null to keep none. The memory must outlive this.
  void watch(LastOperator* place) { watched_ = place; }

  // An operator that begins and ends now, in the middle of a run; the handle tells which one ends.
  // Called from C, as add_delegated: nothing may be thrown. What there is no memory for counts as lost.
  std::uint32_t begin_operator(const char* name, std::int64_t operator_index, std::int64_t subgraph_index) noexcept;
  void end_operator(std::uint32_t handle) noexcept;
  // An operator that others have measured, both times in their units.
  void add(const ProfileKey& key, std::int32_t depth, std::uint64_t at, std::uint64_t elapsed);
  // Of a delegate, right after it ran.
  void add_delegated(const char* name, std::uint64_t elapsed, std::int64_t operator_index,
                     std::int64_t subgraph_index) noexcept;

  // How many operators others have measured since start().
  std::int64_t measured_by_others() const { return by_others_; }
  // To be called once after stop(): makes nanoseconds of what they measured in units of so many.
  void convert_units(std::int64_t unit_ns);
  const std::deque<ProfileEvent>& events() const { return events_; }
  const std::vector<ProfileRecord>& records() const { return records_; }
  // records()[run_offsets()[i] .. run_offsets()[i + 1]) belong to run i.
  const std::vector<std::int64_t>& run_offsets() const { return run_offsets_; }
  // Events since start() that could not be kept.
  std::int64_t lost() const { return lost_; }
  // Whether every run had the same events in the same order; control flow can make them differ.
  bool is_fixed_sequence() const;

  // What an operator that does nothing seems to take, so many times: that much of each time is our own.
  static std::vector<std::int64_t> time_empty_operators(std::int64_t count);

 private:
  struct KeyHash {
    std::size_t operator()(const ProfileKey& key) const;
  };

  std::int32_t intern(const ProfileKey& key);
  void note(LastOperator::State state, const ProfileRecord& record);

  // The handle of an operator that is not recorded.
  static constexpr std::uint32_t no_operator = 0xFFFFFFFF;

  bool is_recording_ = false;
  std::int64_t by_others_ = 0;
  bool has_starts_of_others_ = false;
  std::int64_t lost_ = 0;
  LastOperator* watched_ = nullptr;
  std::int32_t depth_ = 0;
  Clock::time_point run_start_;
  std::deque<ProfileEvent> events_;  // a deque, because event_ids_ holds views of the names
  std::unordered_map<ProfileKey, std::int32_t, KeyHash> event_ids_;
  std::vector<ProfileRecord> records_;
  std::vector<std::int64_t> run_offsets_;
};

}  // namespace tflops
