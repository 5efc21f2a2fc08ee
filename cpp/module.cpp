// The Python face of the core: conversions, the GIL and exceptions; no logic of its own.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <tuple>

#include "affinity.hpp"
#include "errors.hpp"
#include "library.hpp"
#include "model_copy.hpp"
#include "module_arena.hpp"
#include "module_peaks.hpp"
#include "module_statistics.hpp"

namespace py = pybind11;
using namespace py::literals;

namespace tflops {
namespace {

// Names and messages come from the model file, which may hold anything.
py::str text(const std::string& bytes) {
  PyObject* const decoded = PyUnicode_DecodeUTF8(bytes.data(), static_cast<py::ssize_t>(bytes.size()), "replace");
  if (decoded == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

void raise(const char* class_name, const char* message) {
  const py::object type = py::module_::import("tflops_native.errors").attr(class_name);
  PyErr_SetObject(type.ptr(), text(message).ptr());
}

void translate(std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const RuntimeLibraryError& error) {
    raise("RuntimeLibraryError", error.what());
  } catch (const InvokeError& error) {
    raise("InvokeError", error.what());
  }
}

std::string file_path(const py::object& path) {
  const auto bytes = py::module_::import("os").attr("fsencode")(path).cast<std::string>();
  if (bytes.find('\0') != std::string::npos) throw ArgumentError("a path cannot hold a null byte");
  return bytes;
}

// The bytes of a Python object, which stays alive and unchanged in size as long as this does.
class BufferView {
 public:
  BufferView() = default;
  explicit BufferView(const py::object& object, int flags = PyBUF_SIMPLE) {
    if (PyObject_GetBuffer(object.ptr(), &view_, flags) != 0) throw py::error_already_set();
  }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;
  ~BufferView() { PyBuffer_Release(&view_); }

  void* data() const { return view_.buf; }
  std::int64_t size() const { return view_.len; }

 private:
  Py_buffer view_{};
};

// By TfLiteType. Null for types that numpy does not have, or that have no fixed size.
const char* numpy_name(int type) {
  constexpr const char* names[] = {
      nullptr, "float32", "int32",   "uint8",      "int64",  nullptr, "bool",  "int16",  "complex64",
      "int8",  "float16", "float64", "complex128", "uint64", nullptr, nullptr, "uint32", "uint16",
  };
  return type >= 0 && type < static_cast<int>(std::size(names)) ? names[type] : nullptr;
}

py::array to_numpy(const TensorView& view) {
  const char* const name = numpy_name(view.info.type);
  py::array array;
  try {
    array = name != nullptr ? py::array(py::dtype(name), view.info.shape)
                            : py::array(py::dtype("uint8"), std::vector<std::int64_t>{view.info.byte_size});
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_ValueError)) throw;
    throw InvokeError("tensor '" + view.info.name + "' of " + std::to_string(view.info.shape.size()) +
                      " dimensions and " + std::to_string(view.info.byte_size) + " bytes does not fit into an array");
  }
  if (array.nbytes() != view.info.byte_size) {
    throw InvokeError("tensor '" + view.info.name + "' has " + std::to_string(view.info.byte_size) +
                      " bytes, but its shape and type ask for " + std::to_string(array.nbytes()));
  }
  if (view.info.byte_size > 0) std::memcpy(array.mutable_data(), view.data, static_cast<std::size_t>(array.nbytes()));
  return array;
}

template <class T, class Source, class Get>
py::array_t<T> column(const Source& source, Get get) {
  py::array_t<T> array(static_cast<py::ssize_t>(source.size()));
  T* out = array.mutable_data();
  for (const auto& item : source) *out++ = get(item);
  return array;
}

py::array_t<std::int64_t> to_numpy(const std::vector<std::int64_t>& values) {
  return column<std::int64_t>(values, [](std::int64_t value) { return value; });
}

// Python's signal handlers run here: Ctrl-C ends a measurement.
void check_signals() {
  const py::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

struct ProfiledRuns {
  py::array_t<std::int64_t> invoke_ns;
  py::list events;
  py::array_t<std::int32_t> event_ids;
  py::array_t<std::int32_t> depths;
  py::array_t<std::int64_t> at_ns;
  py::array_t<std::int64_t> elapsed_ns;
  py::array_t<std::int64_t> run_offsets;
  ProfileClock builtin_clock;
  ProfileClock delegate_clock;
  bool is_fixed_sequence;
};

ProfiledRuns to_profiled_runs(const std::vector<std::int64_t>& invoke_ns, const Interpreter& interpreter) {
  const ProfileRecorder& profile = interpreter.profile();
  ProfiledRuns runs;
  runs.builtin_clock = interpreter.builtin_clock();
  runs.delegate_clock = interpreter.delegate_clock();
  const auto& records = profile.records();
  runs.invoke_ns = to_numpy(invoke_ns);
  for (const auto& event : profile.events()) {
    runs.events.append(
        py::make_tuple(text(event.name), event.operator_index, event.subgraph_index, event.is_delegated));
  }
  runs.event_ids = column<std::int32_t>(records, [](const ProfileRecord& r) { return r.event_id; });
  runs.depths = column<std::int32_t>(records, [](const ProfileRecord& r) { return r.depth; });
  runs.at_ns = column<std::int64_t>(records, [](const ProfileRecord& r) { return r.at_ns; });
  runs.elapsed_ns = column<std::int64_t>(records, [](const ProfileRecord& r) { return r.elapsed_ns; });
  runs.run_offsets = to_numpy(profile.run_offsets());
  runs.is_fixed_sequence = profile.is_fixed_sequence();
  return runs;
}

Kernels kernels_from(const std::string& name) {
  if (name == "xnnpack") return Kernels::xnnpack;
  if (name == "builtin") return Kernels::builtin;
  if (name == "reference") return Kernels::reference;
  throw ArgumentError("kernels must be 'xnnpack', 'builtin' or 'reference', not '" + name + "'");
}

// An interpreter with the Python buffer it may read from, and a guard: the GIL is released inside, so
// another thread, or a signal handler, could call in.
class Session {
 public:
  Session(const Library& library, const py::object& model, int threads, const std::string& kernels, bool profile,
          std::optional<std::string> signature, const py::object& delegate,
          std::vector<std::pair<std::string, std::string>> delegate_options, bool shows_subgraphs) {
    InterpreterOptions options{threads,      kernels_from(kernels), profile, std::move(signature),
                               std::nullopt, shows_subgraphs};
    if (!delegate.is_none()) options.delegate = DelegateSource{file_path(delegate), std::move(delegate_options)};
    ModelSource source;
    if (py::isinstance<py::str>(model) || py::hasattr(model, "__fspath__")) {
      source = file_path(model);
    } else {
      model_bytes_ = std::make_unique<BufferView>(model);
      source = ModelBytes{model_bytes_->data(), static_cast<std::size_t>(model_bytes_->size())};
    }
    const py::gil_scoped_release no_gil;
    interpreter_ = library.create(source, options);
  }

  template <class Use>
  auto with_gil(Use use) {
    const InUse in_use(is_in_use_);
    return use(*interpreter_);
  }

  template <class Use>
  auto without_gil(Use use) {
    const InUse in_use(is_in_use_);
    const py::gil_scoped_release no_gil;
    return use(*interpreter_);
  }

  void watch_operators(const py::object& memory) {
    auto place = std::make_unique<BufferView>(memory, PyBUF_WRITABLE);
    void* address = place->data();
    auto space = static_cast<std::size_t>(place->size());
    if (std::align(alignof(LastOperator), sizeof(LastOperator), address, space) != place->data()) {
      throw ArgumentError("the memory to watch operators in must be aligned, and hold " +
                          std::to_string(sizeof(LastOperator)) + " bytes or more, not " +
                          std::to_string(place->size()));
    }
    with_gil([&](Interpreter& interpreter) { interpreter.watch_operators(static_cast<LastOperator*>(address)); });
    watched_ = std::move(place);
  }

 private:
  struct InUse {
    std::atomic<bool>& flag;
    explicit InUse(std::atomic<bool>& f) : flag(f) {
      if (flag.exchange(true)) throw InvokeError("this interpreter is busy with another call");
    }
    ~InUse() { flag = false; }
  };

  std::unique_ptr<BufferView> model_bytes_;
  std::unique_ptr<BufferView> watched_;
  std::unique_ptr<Interpreter> interpreter_;
  std::atomic<bool> is_in_use_{false};
};

void set_input(Session& session, std::int64_t position, const py::object& array) {
  const BufferView bytes(array);
  session.with_gil([&](Interpreter& interpreter) {
    const TensorView input = interpreter.input(position);
    if (bytes.size() != input.info.byte_size) {
      throw ArgumentError("input " + std::to_string(position) + " '" + input.info.name + "' takes " +
                          std::to_string(input.info.byte_size) + " bytes, not " + std::to_string(bytes.size()));
    }
    if (bytes.size() > 0) std::memcpy(input.data, bytes.data(), static_cast<std::size_t>(bytes.size()));
  });
}

template <class Info>
py::list list_infos(std::size_t count, Info info) {
  py::list infos;
  for (std::size_t i = 0; i < count; ++i) infos.append(py::cast(info(static_cast<std::int64_t>(i))));
  return infos;
}

void bind_library(py::module_& module) {
  py::class_<Library, std::shared_ptr<Library>>(module, "Library", py::is_final())
      .def_static("linked", &Library::linked)
      .def_static(
          "open", [](const py::object& path) { return Library::open(file_path(path)); }, "path"_a)
      .def_property_readonly("path", [](const Library& library) { return text(library.path()); })
      .def_property_readonly(
          "kind", [](const Library& library) { return library.kind() == RuntimeKind::litert ? "litert" : "tflite"; })
      .def_property_readonly("version", &Library::version)
      .def_property_readonly("tried_versions", &Library::tried_versions)
      .def_property_readonly("has_xnnpack", &Library::has_xnnpack)
      .def_property_readonly("has_profiler", &Library::has_profiler)
      .def_property_readonly("has_signatures", &Library::has_signatures)
      .def_property_readonly("has_subgraphs", &Library::has_subgraphs);
}

void bind_model_copy(py::module_& module) {
  py::class_<ModelCopy>(module, "ModelCopy", py::is_final(), py::buffer_protocol())
      .def(py::init([](const py::object& model, std::size_t room) {
             if (py::isinstance<py::str>(model) || py::hasattr(model, "__fspath__")) {
               return std::make_unique<ModelCopy>(file_path(model), room);
             }
             const BufferView bytes(model);
             return std::make_unique<ModelCopy>(bytes.data(), static_cast<std::size_t>(bytes.size()), room);
           }),
           "model"_a, "room"_a)
      .def_buffer([](ModelCopy& copy) { return py::buffer_info(copy.data(), static_cast<py::ssize_t>(copy.size())); });
}

void bind_records(py::module_& module) {
  py::class_<TensorInfo>(module, "TensorInfo", py::is_final())
      .def_readonly("index", &TensorInfo::index)
      .def_property_readonly("name", [](const TensorInfo& info) { return text(info.name); })
      .def_readonly("type", &TensorInfo::type)
      .def_property_readonly("shape", [](const TensorInfo& info) { return py::tuple(py::cast(info.shape)); })
      .def_readonly("byte_size", &TensorInfo::byte_size)
      .def_readonly("scale", &TensorInfo::scale)
      .def_readonly("zero_point", &TensorInfo::zero_point)
      .def("__repr__", [](const TensorInfo& info) {
        return py::str("TensorInfo(index={}, name={!r}, type={}, shape={}, byte_size={})")
            .format(info.index, text(info.name), info.type, py::tuple(py::cast(info.shape)), info.byte_size);
      });
  py::class_<ProfiledRuns>(module, "ProfiledRuns", py::is_final())
      .def_readonly("invoke_ns", &ProfiledRuns::invoke_ns)
      .def_readonly("events", &ProfiledRuns::events)
      .def_readonly("event_ids", &ProfiledRuns::event_ids)
      .def_readonly("depths", &ProfiledRuns::depths)
      .def_readonly("at_ns", &ProfiledRuns::at_ns)
      .def_readonly("elapsed_ns", &ProfiledRuns::elapsed_ns)
      .def_readonly("run_offsets", &ProfiledRuns::run_offsets)
      .def_property_readonly("builtin_resolution_ns",
                             [](const ProfiledRuns& runs) { return runs.builtin_clock.resolution_ns; })
      .def_property_readonly("builtin_own_ns", [](const ProfiledRuns& runs) { return runs.builtin_clock.own_ns; })
      .def_property_readonly("delegate_resolution_ns",
                             [](const ProfiledRuns& runs) { return runs.delegate_clock.resolution_ns; })
      .def_property_readonly("delegate_own_ns", [](const ProfiledRuns& runs) { return runs.delegate_clock.own_ns; })
      .def_readonly("is_fixed_sequence", &ProfiledRuns::is_fixed_sequence);
}

void bind_interpreter(py::module_& module) {
  py::class_<Session>(module, "Interpreter", py::is_final())
      .def(py::init([](const Library& library, const py::object& model, int threads, const std::string& kernels,
                       bool profile, std::optional<std::string> signature, const py::object& delegate,
                       std::vector<std::pair<std::string, std::string>> delegate_options, bool shows_subgraphs) {
             return std::make_unique<Session>(library, model, threads, kernels, profile, std::move(signature), delegate,
                                              std::move(delegate_options), shows_subgraphs);
           }),
           "library"_a, "model"_a, py::kw_only(), "threads"_a = 1, "kernels"_a = "xnnpack", "profile"_a = false,
           "signature"_a = py::none(), "delegate"_a = py::none(), "delegate_options"_a = py::list(),
           "shows_subgraphs"_a = false)
      .def_property_readonly("inputs",
                             [](Session& session) {
                               return session.with_gil([](Interpreter& interpreter) {
                                 return list_infos(interpreter.input_count(),
                                                   [&](std::int64_t i) { return interpreter.input_info(i); });
                               });
                             })
      .def_property_readonly("outputs",
                             [](Session& session) {
                               return session.with_gil([](Interpreter& interpreter) {
                                 return list_infos(interpreter.output_count(),
                                                   [&](std::int64_t i) { return interpreter.output_info(i); });
                               });
                             })
      .def(
          "tensor",
          [](Session& session, std::int64_t index) {
            return session.with_gil([&](Interpreter& interpreter) { return interpreter.tensor_info(index); });
          },
          "index"_a)
      .def(
          "tensor_memory",
          [](Session& session, std::int64_t subgraph) {
            return session.with_gil([&](Interpreter& interpreter) {
              std::vector<std::tuple<std::uintptr_t, std::int64_t, int>> places;
              for (const TensorPlace& place : interpreter.tensor_memory(subgraph)) {
                places.emplace_back(reinterpret_cast<std::uintptr_t>(place.data), place.byte_size, place.allocation);
              }
              return places;
            });
          },
          "subgraph"_a = 0)
      .def(
          "resize_input",
          [](Session& session, std::int64_t position, const std::vector<std::int64_t>& shape) {
            session.with_gil([&](Interpreter& interpreter) { interpreter.resize_input(position, shape); });
          },
          "position"_a, "shape"_a)
      .def("allocate",
           [](Session& session) { session.without_gil([](Interpreter& interpreter) { interpreter.allocate(); }); })
      .def("reset_variables",
           [](Session& session) {
             session.without_gil([](Interpreter& interpreter) { interpreter.reset_variables(); });
           })
      .def("set_input", &set_input, "position"_a, "array"_a)
      .def(
          "get_input",
          [](Session& session, std::int64_t position) {
            return session.with_gil([&](Interpreter& interpreter) { return to_numpy(interpreter.input(position)); });
          },
          "position"_a)
      .def(
          "get_output",
          [](Session& session, std::int64_t position) {
            return session.with_gil([&](Interpreter& interpreter) { return to_numpy(interpreter.output(position)); });
          },
          "position"_a)
      .def(
          "get_tensor",
          [](Session& session, std::int64_t index) {
            return session.with_gil([&](Interpreter& interpreter) { return to_numpy(interpreter.tensor(index)); });
          },
          "index"_a)
      .def("invoke",
           [](Session& session) {
             return session.without_gil([](Interpreter& interpreter) { return interpreter.invoke(); });
           })
      .def(
          "time_invokes",
          [](Session& session, std::int64_t runs, double max_seconds, std::int64_t invokes_per_sample,
             double interval_seconds) {
            return to_numpy(session.without_gil([&](Interpreter& interpreter) {
              return interpreter.time_invokes({runs, max_seconds, interval_seconds}, invokes_per_sample, check_signals);
            }));
          },
          "runs"_a, "max_seconds"_a, "invokes_per_sample"_a = 1, "interval_seconds"_a = 0.0)
      .def("watch_operators", &Session::watch_operators, "memory"_a)
      .def(
          "profile_invokes",
          [](Session& session, std::int64_t runs, double max_seconds) {
            const auto invoke_ns = session.without_gil([&](Interpreter& interpreter) {
              return interpreter.profile_invokes({runs, max_seconds}, check_signals);
            });
            return session.with_gil([&](Interpreter& interpreter) { return to_profiled_runs(invoke_ns, interpreter); });
          },
          "runs"_a, "max_seconds"_a);
}

}  // namespace
}  // namespace tflops

PYBIND11_MODULE(_native, module) {
  py::register_local_exception_translator(&tflops::translate);
  tflops::bind_library(module);
  tflops::bind_model_copy(module);
  tflops::bind_records(module);
  tflops::bind_interpreter(module);
  tflops::bind_arena(module);
  tflops::bind_peaks(module);
  tflops::bind_statistics(module);
  module.def("allowed_cpus", &tflops::allowed_cpus);
  module.def("set_allowed_cpus", &tflops::set_allowed_cpus, "cpus"_a);
  module.def(
      "empty_operator_ns",
      [](std::int64_t count) { return tflops::to_numpy(tflops::ProfileRecorder::time_empty_operators(count)); },
      "count"_a);
  module.def("calibrate_clock", [] {
    const py::gil_scoped_release no_gil;
    const tflops::ClockCalibration found = tflops::calibrate_clock();
    return std::make_pair(found.resolution_ns, found.read_ns);
  });
}
