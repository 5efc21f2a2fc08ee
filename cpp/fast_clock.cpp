#include "fast_clock.hpp"

#include "errors.hpp"

#if defined(__linux__)

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <ctime>

namespace tflops {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

// Of this thread: whether its clock is fast, since when, how often it was read, and for how long it stood still.
struct FastTime {
  bool is_on = false;
  std::int64_t since_ns = 0;
  std::int64_t reads = 0;
  std::int64_t stood_still_ns = 0;
};
thread_local FastTime fast_time;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

std::int64_t nanoseconds_of(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * ns_per_second + time.tv_nsec;
}

// What redirected libraries call in place of clock_gettime. The clock stands still from the moment that it says to a
// second one that is read last: what ran until now may have pushed this code and its data out of the caches, and what
// it takes to fetch them is no part of what runs next. So a read costs the same in between all operators, long and
// short: what it takes to get here and back.
int redirected_clock_gettime(clockid_t id, timespec* time) {
  const int status = ::clock_gettime(id, time);
  FastTime& fast = fast_time;
  if (!fast.is_on || id != CLOCK_MONOTONIC || status != 0) return status;
  ++fast.reads;
  const std::int64_t now_ns = nanoseconds_of(*time);
  const std::int64_t fast_ns = (now_ns - fast.since_ns - fast.stood_still_ns) * fast_clock_factor;
  time->tv_sec = static_cast<decltype(time->tv_sec)>(fast_ns / ns_per_second);
  time->tv_nsec = static_cast<decltype(time->tv_nsec)>(fast_ns % ns_per_second);
  timespec last{};
  ::clock_gettime(id, &last);
  fast.stood_still_ns += nanoseconds_of(last) - now_ns;
  return status;
}

#if defined(__LP64__)
#define TFLOPS_ELF(name) ELF64_##name
#else
#define TFLOPS_ELF(name) ELF32_##name
#endif

// The relocations that fill in the address of a function that another library has.
constexpr bool is_address_of_function(unsigned type) {
#if defined(__x86_64__)
  return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
#elif defined(__aarch64__)
  return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
#elif defined(__arm__)
  return type == R_ARM_JUMP_SLOT || type == R_ARM_GLOB_DAT;
#else
  return type != type;  // not tried
#endif
}

// The dynamic linker's addresses are numbers.
template <class T>
T* at(ElfW(Addr) place) {
  return reinterpret_cast<T*>(place);  // NOLINT(performance-no-int-to-ptr)
}

// One loaded file, as the dynamic linker sees it.
class LoadedFile {
 public:
  explicit LoadedFile(const dl_phdr_info& info) : base_(info.dlpi_addr) {
    for (int i = 0; i < info.dlpi_phnum; ++i) {
      const auto& segment = info.dlpi_phdr[i];
      if (segment.p_type == PT_DYNAMIC) read_dynamic(at<const ElfW(Dyn)>(base_ + segment.p_vaddr));
      if (segment.p_type == PT_GNU_RELRO) {
        read_only_ = {base_ + segment.p_vaddr, base_ + segment.p_vaddr + segment.p_memsz};
      }
    }
  }

  // Puts an address where the file looks for this function; how many such places there are.
  int redirect(const char* name, void* target) const {
    return redirect_in<ElfW(Rela)>(calls_, calls_have_addends_, name, target) +
           redirect_in<ElfW(Rel)>(calls_, !calls_have_addends_, name, target) +
           redirect_in<ElfW(Rela)>(with_addends_, true, name, target) +
           redirect_in<ElfW(Rel)>(without_addends_, true, name, target);
  }

 private:
  struct Range {
    ElfW(Addr) begin = 0;
    ElfW(Addr) end = 0;
  };

  // Some linkers write addresses into this table, others leave the file's offsets.
  ElfW(Addr) absolute(ElfW(Addr) place) const { return place < base_ ? base_ + place : place; }

  void read_dynamic(const ElfW(Dyn) * entry) {
    ElfW(Addr) tables[3] = {};
    std::size_t sizes[3] = {};
    for (; entry->d_tag != DT_NULL; ++entry) {
      const ElfW(Addr) value = entry->d_un.d_val;
      switch (entry->d_tag) {
        case DT_SYMTAB:
          symbols_ = at<const ElfW(Sym)>(absolute(value));
          break;
        case DT_STRTAB:
          names_ = at<const char>(absolute(value));
          break;
        case DT_PLTREL:
          calls_have_addends_ = value == DT_RELA;
          break;
        case DT_JMPREL:
          tables[0] = absolute(value);
          break;
        case DT_PLTRELSZ:
          sizes[0] = value;
          break;
        case DT_RELA:
          tables[1] = absolute(value);
          break;
        case DT_RELASZ:
          sizes[1] = value;
          break;
        case DT_REL:
          tables[2] = absolute(value);
          break;
        case DT_RELSZ:
          sizes[2] = value;
          break;
        default:
          break;
      }
    }
    calls_ = {tables[0], tables[0] + sizes[0]};
    with_addends_ = {tables[1], tables[1] + sizes[1]};
    without_addends_ = {tables[2], tables[2] + sizes[2]};
  }

  template <class Relocation>
  int redirect_in(Range table, bool is_of_this_kind, const char* name, void* target) const {
    if (!is_of_this_kind || table.begin == 0 || symbols_ == nullptr || names_ == nullptr) return 0;
    int count = 0;
    const auto* const end = at<const Relocation>(table.end);
    for (const auto* item = at<const Relocation>(table.begin); item < end; ++item) {
      if (!is_address_of_function(static_cast<unsigned>(TFLOPS_ELF(R_TYPE)(item->r_info)))) continue;
      const auto& symbol = symbols_[TFLOPS_ELF(R_SYM)(item->r_info)];
      if (std::strcmp(names_ + symbol.st_name, name) != 0) continue;
      if (write(base_ + item->r_offset, target)) ++count;
    }
    return count;
  }

  // The linker makes most of these places read-only once they are filled in.
  bool write(ElfW(Addr) place, void* target) const {
    auto* const slot = at<void*>(place);
    if (__atomic_load_n(slot, __ATOMIC_RELAXED) == target) return true;
    const auto size = static_cast<ElfW(Addr)>(::sysconf(_SC_PAGESIZE));
    const ElfW(Addr) page = place / size * size;
    if (::mprotect(at<void>(page), size, PROT_READ | PROT_WRITE) != 0) return false;
    __atomic_store_n(slot, target, __ATOMIC_RELAXED);
    // As the linker does it: whole pages, from the one of the first byte to the last that is full.
    if (read_only_.begin / size * size <= page && page < read_only_.end / size * size) {
      ::mprotect(at<void>(page), size, PROT_READ);
    }
    return true;
  }

  const ElfW(Addr) base_;
  const ElfW(Sym) * symbols_ = nullptr;
  const char* names_ = nullptr;
  bool calls_have_addends_ = false;
  Range calls_;
  Range with_addends_;
  Range without_addends_;
  Range read_only_;
};

struct Search {
  ElfW(Addr) address;
  bool is_redirected;
};

bool holds(const dl_phdr_info& info, ElfW(Addr) address) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const auto& segment = info.dlpi_phdr[i];
    const ElfW(Addr) begin = info.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && begin <= address && address < begin + segment.p_memsz) return true;
  }
  return false;
}

int visit(dl_phdr_info* info, std::size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  if (!holds(*info, search.address)) return 0;
  auto* const target = reinterpret_cast<void*>(&redirected_clock_gettime);
  // This code itself needs the system's clock.
  if (!holds(*info, reinterpret_cast<ElfW(Addr)>(target))) {
    search.is_redirected = LoadedFile(*info).redirect("clock_gettime", target) > 0;
  }
  return 1;
}

}  // namespace

bool redirect_clock(const void* address) noexcept {
  Search search{reinterpret_cast<ElfW(Addr)>(address), false};
  ::dl_iterate_phdr(&visit, &search);
  return search.is_redirected;
}

FastClock::FastClock() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  fast_time = {true, nanoseconds_of(now), 0, 0};
}

FastClock::~FastClock() { fast_time.is_on = false; }

std::int64_t FastClock::reads() const noexcept { return fast_time.reads; }

std::vector<std::int64_t> time_fast_clock(std::int64_t count) {
  if (count < 1) throw ArgumentError("count must be at least 1, not " + std::to_string(count));
  // Called as a library calls it: through an address that the compiler does not know.
  int (*volatile const read)(clockid_t, timespec*) = &redirected_clock_gettime;
  const FastClock clock;
  std::vector<std::int64_t> passed_ns;
  passed_ns.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    timespec first{};
    timespec second{};
    read(CLOCK_MONOTONIC, &first);
    read(CLOCK_MONOTONIC, &second);
    passed_ns.push_back((nanoseconds_of(second) - nanoseconds_of(first)) / fast_clock_factor);
  }
  return passed_ns;
}

}  // namespace tflops

#else

namespace tflops {

bool redirect_clock(const void*) noexcept { return false; }

FastClock::FastClock() noexcept {}

FastClock::~FastClock() {}

std::int64_t FastClock::reads() const noexcept { return 0; }

std::vector<std::int64_t> time_fast_clock(std::int64_t count) {
  if (count < 1) throw ArgumentError("count must be at least 1, not " + std::to_string(count));
  return {};
}

}  // namespace tflops

#endif
