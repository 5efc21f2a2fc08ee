// What differs between operating systems about CPU affinity: which CPUs threads may run on.
#pragma once

#include <optional>
#include <vector>

namespace tflops {

// The CPUs that the calling thread may run on, ascending; nothing where the system does not tell.
std::optional<std::vector<int>> allowed_cpus();

// Confines the calling thread, and threads that it starts from now on, to these CPUs. Windows has no
// such inheritance: there it is the whole process. Throws ArgumentError for an empty list, or if
// the system refuses or has no way to do it.
void set_allowed_cpus(const std::vector<int>& cpus);

}  // namespace tflops
