#include "arena.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

namespace tflops {

namespace {

struct Placed {
  std::int64_t offset;
  std::int64_t size;
  std::int32_t first;
  std::int32_t last;
};

class Arena {
 public:
  explicit Arena(std::int64_t alignment) : alignment_(alignment) {}

  std::int64_t place(const ArenaTensor& tensor) {
    constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
    std::int64_t best = kNone;
    std::int64_t best_gap = kNone;
    std::int64_t end = 0;
    for (const Placed& other : placed_) {
      if (other.last < tensor.first || other.first > tensor.last) continue;
      const std::int64_t start = aligned(end);
      if (start + tensor.size <= other.offset && other.offset - start < best_gap) {
        best = start;
        // Without the alignment, unlike what it is compared with: so is it in the runtime.
        best_gap = other.offset - end;
      }
      end = std::max(end, other.offset + other.size);
      if (best_gap == 0) break;
    }
    if (best == kNone) best = aligned(end);
    const Placed found{best, tensor.size, tensor.first, tensor.last};
    placed_.insert(std::upper_bound(placed_.begin(), placed_.end(), found,
                                    [](const Placed& a, const Placed& b) { return a.offset < b.offset; }),
                   found);
    return best;
  }

 private:
  std::int64_t aligned(std::int64_t offset) const { return (offset + alignment_ - 1) / alignment_ * alignment_; }

  std::int64_t alignment_;
  std::vector<Placed> placed_;  // by offset
};

bool lives_throughout(const ArenaTensor& tensor) { return tensor.first == 0 && tensor.last == kForever; }

// Tensors of equal size that are made by the same operator are equal: which of them goes first is up to the standard
// library, whose sort and whose sets this program has in common with the runtime.
bool goes_before(const ArenaTensor& a, const ArenaTensor& b) {
  if (lives_throughout(a) || lives_throughout(b)) {
    return lives_throughout(a) && (!lives_throughout(b) || a.index < b.index);
  }
  return a.size != b.size ? a.size > b.size : a.first < b.first;
}

}  // namespace

std::vector<std::int64_t> plan_arena(const std::vector<ArenaTensor>& tensors,
                                     const std::vector<std::pair<std::int32_t, std::int32_t>>& steps,
                                     std::int64_t alignment) {
  if (alignment < 1) throw std::invalid_argument("alignment must be 1 or more");
  std::map<std::int32_t, std::unordered_set<std::int32_t>> of_node;
  std::unordered_map<std::int32_t, std::size_t> position;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    of_node[tensors[i].node].insert(tensors[i].index);
    position.emplace(tensors[i].index, i);
  }
  std::vector<std::int64_t> offsets(tensors.size(), -1);
  Arena arena(alignment), state(alignment);
  for (const auto& [first, last] : steps) {
    std::vector<std::int32_t> order;
    for (auto found = of_node.lower_bound(first); found != of_node.end() && found->first <= last; ++found) {
      for (const std::int32_t index : found->second) {
        const ArenaTensor& tensor = tensors[position.at(index)];
        if (tensor.size > 0 && tensor.place != Place::elsewhere) order.push_back(index);
      }
    }
    std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      return goes_before(tensors[position.at(a)], tensors[position.at(b)]);
    });
    for (const std::int32_t index : order) {
      const std::size_t at = position.at(index);
      ArenaTensor tensor = tensors[at];
      if (tensor.place == Place::arena) offsets[at] = arena.place(tensor);
      if (tensor.place == Place::state) {
        tensor.last = kForever;
        offsets[at] = state.place(tensor);
      }
    }
  }
  return offsets;
}

std::vector<std::int64_t> plan_micro_arena(const std::vector<MicroBuffer>& buffers) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].offset >= 0) order.push_back(i);
  }
  const auto given = static_cast<std::ptrdiff_t>(order.size());
  for (std::size_t i = buffers.size(); i > 0; --i) {
    if (buffers[i - 1].offset < 0) order.push_back(i - 1);
  }
  // Of equal size the last first.
  std::sort(order.begin() + given, order.end(), [&](std::size_t a, std::size_t b) {
    return buffers[a].size != buffers[b].size ? buffers[a].size > buffers[b].size : a > b;
  });
  std::vector<std::int64_t> offsets(buffers.size());
  std::vector<Placed> placed;
  for (const std::size_t index : order) {
    const MicroBuffer& buffer = buffers[index];
    std::int64_t offset = std::max<std::int64_t>(buffer.offset, 0);
    if (buffer.offset < 0) {
      for (const Placed& other : placed) {
        if (other.last < buffer.first || other.first > buffer.last) continue;
        if (other.offset - offset >= buffer.size) break;
        offset = std::max(offset, other.offset + other.size);
      }
    }
    offsets[index] = offset;
    const Placed found{offset, buffer.size, buffer.first, buffer.last};
    placed.insert(std::upper_bound(placed.begin(), placed.end(), found,
                                   [](const Placed& a, const Placed& b) { return a.offset < b.offset; }),
                  found);
  }
  return offsets;
}

}  // namespace tflops
