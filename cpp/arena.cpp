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

std::int64_t aligned(std::int64_t offset, std::int64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

// Neighbours by offset, and what is true of all of them: most of a large arena is passed over a block at a time.
class Block {
 public:
  static constexpr std::size_t kMost = 128;

  Block(std::vector<Placed> placed, std::int64_t alignment) : placed_(std::move(placed)), alignment_(alignment) {
    summarize();
  }

  const std::vector<Placed>& placed() const { return placed_; }
  std::int64_t end() const { return end_; }

  bool lives_apart_from(const ArenaTensor& tensor) const {
    return last_last_ < tensor.first || first_first_ > tensor.last;
  }

  // Whether the tensor meets every one of them, and fits into no gap between them nor into that before the first.
  bool has_no_room_for(const ArenaTensor& tensor, std::int64_t end) const {
    return last_first_ <= tensor.last && first_last_ >= tensor.first && widest_gap_ < tensor.size &&
           placed_.front().offset - aligned(end, alignment_) < tensor.size;
  }

  void insert(const Placed& found) {
    placed_.insert(std::upper_bound(placed_.begin(), placed_.end(), found,
                                    [](const Placed& a, const Placed& b) { return a.offset < b.offset; }),
                   found);
    summarize();
  }

  // Keeps the first half.
  Block split() {
    const auto middle = placed_.begin() + static_cast<std::ptrdiff_t>(placed_.size() / 2);
    Block second(std::vector<Placed>(middle, placed_.end()), alignment_);
    placed_.erase(middle, placed_.end());
    summarize();
    return second;
  }

 private:
  void summarize() {
    const Placed& front = placed_.front();
    first_first_ = last_first_ = front.first;
    first_last_ = last_last_ = front.last;
    end_ = front.offset + front.size;
    widest_gap_ = 0;
    for (const Placed& one : placed_) {
      first_first_ = std::min(first_first_, one.first);
      last_first_ = std::max(last_first_, one.first);
      first_last_ = std::min(first_last_, one.last);
      last_last_ = std::max(last_last_, one.last);
      widest_gap_ = std::max(widest_gap_, one.offset - aligned(end_, alignment_));
      end_ = std::max(end_, one.offset + one.size);
    }
  }

  std::vector<Placed> placed_;
  std::int64_t alignment_;
  std::int32_t first_first_, last_first_, first_last_, last_last_;
  std::int64_t end_, widest_gap_;
};

class Arena {
 public:
  explicit Arena(std::int64_t alignment) : alignment_(alignment) {}

  std::int64_t place(const ArenaTensor& tensor) {
    std::int64_t best = kNone;
    std::int64_t best_gap = kNone;
    std::int64_t end = 0;
    for (const Block& block : blocks_) {
      if (block.lives_apart_from(tensor)) continue;
      if (block.has_no_room_for(tensor, end)) {
        end = std::max(end, block.end());
        continue;
      }
      for (const Placed& other : block.placed()) {
        if (other.last < tensor.first || other.first > tensor.last) continue;
        const std::int64_t start = aligned(end, alignment_);
        if (start + tensor.size <= other.offset && other.offset - start < best_gap) {
          best = start;
          // Without the alignment, unlike what it is compared with: so is it in the runtime.
          best_gap = other.offset - end;
        }
        end = std::max(end, other.offset + other.size);
        if (best_gap == 0) break;
      }
      if (best_gap == 0) break;
    }
    if (best == kNone) best = aligned(end, alignment_);
    insert({best, tensor.size, tensor.first, tensor.last});
    return best;
  }

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

  void insert(const Placed& found) {
    if (blocks_.empty()) {
      blocks_.emplace_back(std::vector<Placed>{found}, alignment_);
      return;
    }
    auto block = std::find_if(blocks_.begin(), blocks_.end() - 1,
                              [&](const Block& one) { return one.placed().back().offset > found.offset; });
    block->insert(found);
    if (block->placed().size() > Block::kMost) {
      Block second = block->split();
      blocks_.insert(block + 1, std::move(second));
    }
  }

  std::int64_t alignment_;
  std::vector<Block> blocks_;  // by offset
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
