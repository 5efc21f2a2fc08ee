#include "document.hpp"

#include <string>

#include "json_writer.hpp"

namespace tflops::timer {
namespace {

void write_machine(JsonWriter& json, const Machine& machine) {
  const auto number = [&json](const char* name, const std::optional<std::int64_t>& value) {
    json.key(name);
    if (value) {
      json.number(*value);
    } else {
      json.null();
    }
  };
  json.begin_object();
  json.key("processor");
  if (machine.processor) {
    json.text(*machine.processor);
  } else {
    json.null();
  }
  json.key("architecture").text(machine.architecture);
  json.key("system").text(machine.system);
  number("logical_cpus", machine.logical_cpus);
  number("usable_cpus", machine.usable_cpus);
  json.end_object();
}

template <class Number>
void write_records(JsonWriter& json, const char* name, const std::vector<ProfileRecord>& records,
                   Number ProfileRecord::* member) {
  json.key(name).begin_list();
  for (const auto& record : records) json.number(record.*member);
  json.end_list();
}

void write_profile(JsonWriter& json, const Measurement& measurement) {
  const ProfileRecorder& profile = measurement.profiled->profile();
  json.begin_object();
  json.key("invoke_ns").numbers(measurement.profiled_ns);
  json.key("run_offsets").numbers(profile.run_offsets());
  json.key("events").begin_list();
  for (const auto& event : profile.events()) {
    json.begin_object();
    json.key("name").text(event.name);
    json.key("operator_index").number(event.operator_index);
    json.key("subgraph_index").number(event.subgraph_index);
    json.key("delegated").boolean(event.is_delegated);
    json.end_object();
  }
  json.end_list();
  write_records(json, "event_ids", profile.records(), &ProfileRecord::event_id);
  write_records(json, "depths", profile.records(), &ProfileRecord::depth);
  write_records(json, "at_ns", profile.records(), &ProfileRecord::at_ns);
  write_records(json, "elapsed_ns", profile.records(), &ProfileRecord::elapsed_ns);
  json.key("builtin_resolution_ns").number(measurement.profiled->builtin_clock().resolution_ns);
  json.key("builtin_own_ns").real(measurement.profiled->builtin_clock().own_ns);
  json.key("delegate_resolution_ns").number(measurement.profiled->delegate_clock().resolution_ns);
  json.key("delegate_own_ns").real(measurement.profiled->delegate_clock().own_ns);
  json.end_object();
}

void write_stop(JsonWriter& json, const Stop& stop) {
  json.begin_object();
  json.key("reason").text(stop.reason);
  json.key("precision");
  if (stop.precision) {
    json.real(*stop.precision);
  } else {
    json.null();
  }
  json.key("is_reached");
  if (stop.is_reached) {
    json.boolean(*stop.is_reached);
  } else {
    json.null();
  }
  json.key("seconds").real(stop.seconds);
  json.end_object();
}

// As ThreadPeaks.from_dict takes them.
void write_peaks(JsonWriter& json, const ThreadPeaks& peaks) {
  json.begin_object();
  json.key("threads").number(peaks.threads);
  json.key("compute").begin_list();
  for (const ComputePeak& peak : peaks.compute) {
    json.begin_object();
    json.key("arithmetic").text(peak.arithmetic);
    json.key("operations_per_second").real(peak.operations_per_second);
    json.key("instructions").text(peak.instructions);
    json.end_object();
  }
  json.end_list();
  json.key("memory").begin_list();
  for (const MemoryPeak& peak : peaks.memory) {
    json.begin_object();
    json.key("name").text(peak.name);
    json.key("capacity_bytes");
    if (peak.capacity_bytes) {
      json.number(*peak.capacity_bytes);
    } else {
      json.null();
    }
    json.key("buffer_bytes").number(peak.buffer_bytes);
    json.key("bytes_per_second").real(peak.bytes_per_second);
    json.end_object();
  }
  json.end_list();
  json.end_object();
}

}  // namespace

void write_document(std::ostream& stream, const Options& options, const ModelFile& model, const Machine& machine,
                    const Measurement& measurement) {
  JsonWriter json(stream);
  json.begin_object();
  json.key("format").text("tflops_native/timer");
  json.key("format_version").number(4);
  json.key("tool").text("tflops-timer " TFLOPS_VERSION);
  json.key("model").begin_object();
  json.key("name").text(model.name);
  json.key("size_bytes").number(model.size_bytes);
  json.key("crc32").number(model.crc32);
  json.end_object();
  json.key("machine");
  write_machine(json, machine);
  json.key("runtime").begin_object();
  const bool is_litert = measurement.library->kind() == RuntimeKind::litert;
  json.key("name").text(is_litert ? "litert" : "tflite");
  json.key("kind").text(is_litert ? "LiteRT" : "TensorFlow Lite");
  json.key("version");
  if (const std::string version = measurement.library->version(); !version.empty()) {
    json.text(version);
  } else {
    json.null();
  }
  json.key("library").text(measurement.library->path());
  json.end_object();
  json.key("kernels").text(options.interpreter.kernels == Kernels::xnnpack ? "xnnpack" : "builtin");
  json.key("threads").number(options.interpreter.threads);
  json.key("signature");
  if (options.interpreter.signature) {
    json.text(*options.interpreter.signature);
  } else {
    json.null();
  }
  json.key("input_shapes").begin_object();
  for (const auto& [name, shape] : measurement.input_shapes) json.key(name).numbers(shape);
  json.end_object();
  json.key("seed").number(static_cast<std::int64_t>(options.seed));
  json.key("clock").begin_object();
  json.key("resolution_ns").number(measurement.clock.resolution_ns);
  json.key("read_ns").real(measurement.clock.read_ns);
  json.end_object();
  json.key("load_ns").number(measurement.load_ns);
  json.key("allocate_ns").number(measurement.allocate_ns);
  json.key("first_invoke_ns").number(measurement.first_invoke_ns);
  json.key("warm_up").begin_object();
  json.key("samples_ns").numbers(measurement.warm_up_ns);
  json.key("invokes_per_sample").number(measurement.invokes_per_sample);
  json.key("is_steady").boolean(measurement.is_steady);
  json.end_object();
  json.key("invokes_per_sample").number(measurement.invokes_per_sample);
  json.key("stop");
  write_stop(json, measurement.stop);
  json.key("samples_ns").numbers(measurement.samples_ns);
  json.key("profile");
  if (measurement.profiled != nullptr) {
    write_profile(json, measurement);
  } else {
    json.null();
  }
  json.key("peaks");
  if (measurement.peaks) {
    write_peaks(json, *measurement.peaks);
  } else {
    json.null();
  }
  json.end_object();
  stream << '\n';
}

}  // namespace tflops::timer
