#include "profile_recorder.hpp"

#include <functional>
#include <string>

#include "errors.hpp"

namespace tflops {

bool ProfileKey::operator==(const ProfileKey& other) const {
  return operator_index == other.operator_index && subgraph_index == other.subgraph_index &&
         is_delegated == other.is_delegated && name == other.name;
}

std::size_t ProfileRecorder::KeyHash::operator()(const ProfileKey& key) const {
  return std::hash<std::string_view>()(key.name) ^ (static_cast<std::size_t>(key.operator_index) * 0x9E3779B1u) ^
         (static_cast<std::size_t>(key.subgraph_index) << 20);
}

void ProfileRecorder::start() {
  by_others_ = 0;
  has_starts_of_others_ = false;
  event_ids_.clear();
  events_.clear();
  records_.clear();
  run_offsets_.clear();
  lost_ = 0;
  is_recording_ = true;
}

void ProfileRecorder::begin_run() {
  // Room for a run twice as long as the average so far, so that the callbacks need not allocate.
  const std::size_t average = run_offsets_.empty() ? 0 : records_.size() / run_offsets_.size();
  const std::size_t needed = records_.size() + 2 * average + 1024;
  if (records_.capacity() < needed) records_.reserve(2 * needed);
  run_offsets_.push_back(static_cast<std::int64_t>(records_.size()));
  depth_ = 0;
  if (watched_ != nullptr) watched_->state = LastOperator::run_begun;
  run_start_ = Clock::now();
}

void ProfileRecorder::stop() {
  run_offsets_.push_back(static_cast<std::int64_t>(records_.size()));
  is_recording_ = false;
}

void ProfileRecorder::convert_units(std::int64_t unit_ns) {
  for (ProfileRecord& record : records_) {
    if (!has_starts_of_others_ && !events_[static_cast<std::size_t>(record.event_id)].is_delegated) continue;
    record.elapsed_ns *= unit_ns;
    if (has_starts_of_others_) record.at_ns *= unit_ns;
  }
}

bool ProfileRecorder::is_fixed_sequence() const {
  const std::size_t run_count = run_offsets_.size() - 1;
  const std::size_t length = records_.size() / run_count;
  for (std::size_t run = 0; run <= run_count; ++run) {
    if (run_offsets_[run] != static_cast<std::int64_t>(run * length)) return false;
  }
  for (std::size_t i = length; i < records_.size(); ++i) {
    if (records_[i].event_id != records_[i - length].event_id) return false;
  }
  return true;
}

std::int32_t ProfileRecorder::intern(const ProfileKey& key) {
  const auto known = event_ids_.find(key);
  if (known != event_ids_.end()) return known->second;
  const auto id = static_cast<std::int32_t>(events_.size());
  // The name may lie in a buffer that the delegate frees after the call.
  events_.push_back({std::string(key.name), key.operator_index, key.subgraph_index, key.is_delegated});
  event_ids_.emplace(ProfileKey{events_.back().name, key.operator_index, key.subgraph_index, key.is_delegated}, id);
  return id;
}

void ProfileRecorder::note(LastOperator::State state, const ProfileRecord& record) {
  const ProfileEvent& event = events_[static_cast<std::size_t>(record.event_id)];
  watched_->operator_index = event.operator_index;
  watched_->subgraph_index = event.subgraph_index;
  watched_->state = state;
}

std::uint32_t ProfileRecorder::begin_operator(const char* name, std::int64_t operator_index,
                                              std::int64_t subgraph_index) noexcept {
  if (!is_recording_) return no_operator;
  const auto handle = static_cast<std::uint32_t>(records_.size());
  try {
    records_.push_back({intern({name, operator_index, subgraph_index, false}), depth_, 0, 0});
  } catch (...) {
    ++lost_;
    return no_operator;
  }
  ++depth_;
  if (watched_ != nullptr) note(LastOperator::operator_begun, records_.back());
  // What ran before may have pushed the clock's code and data out of the caches: this read fetches them, so that the
  // operator does not pay for it.
  static_cast<void>(Clock::now());
  // The last thing here is the first clock read that counts, and the first thing in end_operator the second.
  records_.back().at_ns = nanoseconds(Clock::now() - run_start_);
  return handle;
}

void ProfileRecorder::end_operator(std::uint32_t handle) noexcept {
  const auto now = Clock::now();
  if (!is_recording_ || handle >= records_.size()) return;
  ProfileRecord& record = records_[handle];
  record.elapsed_ns = nanoseconds(now - run_start_) - record.at_ns;
  --depth_;
  if (watched_ != nullptr) note(LastOperator::operator_ended, record);
}

void ProfileRecorder::add(const ProfileKey& key, std::int32_t depth, std::uint64_t at, std::uint64_t elapsed) {
  if (!is_recording_) return;
  ++by_others_;
  has_starts_of_others_ = true;
  records_.push_back({intern(key), depth, static_cast<std::int64_t>(at), static_cast<std::int64_t>(elapsed)});
}

void ProfileRecorder::add_delegated(const char* name, std::uint64_t elapsed, std::int64_t operator_index,
                                    std::int64_t subgraph_index) noexcept {
  if (!is_recording_) return;
  ++by_others_;
  // The operators of a partition are reported one right after the other: the first of them reads the clock.
  const bool is_new_run = run_offsets_.back() == static_cast<std::int64_t>(records_.size());
  const bool follows = !is_new_run && records_.back().depth == depth_ &&
                       events_[static_cast<std::size_t>(records_.back().event_id)].is_delegated;
  const std::int64_t at_ns = follows ? records_.back().at_ns : nanoseconds(Clock::now() - run_start_);
  try {
    const std::int32_t id = intern({name, operator_index, subgraph_index, true});
    records_.push_back({id, depth_, at_ns, static_cast<std::int64_t>(elapsed)});
  } catch (...) {
    ++lost_;
  }
}

std::vector<std::int64_t> ProfileRecorder::time_empty_operators(std::int64_t count) {
  if (count < 1) throw ArgumentError("count must be at least 1, not " + std::to_string(count));
  ProfileRecorder recorder;
  std::vector<std::int64_t> elapsed_ns;
  recorder.start();
  for (std::int64_t i = 0; i < count; ++i) {
    recorder.begin_run();
    recorder.end_operator(recorder.begin_operator("", 0, 0));
    elapsed_ns.push_back(recorder.records().back().elapsed_ns);
  }
  return elapsed_ns;
}

}  // namespace tflops
