#include "options.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <map>

#include "errors.hpp"

namespace tflops::timer {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& value, const std::string& right) {
  throw ArgumentError(option + " " + value + ": " + right);
}

std::int64_t whole_number(const std::string& option, const std::string& value, std::int64_t least,
                          std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number < least || number > most) {
    std::string right = "a whole number from " + std::to_string(least);
    right += most == std::numeric_limits<std::int64_t>::max() ? " on" : " to " + std::to_string(most);
    refuse(option, value, right + " is needed");
  }
  return number;
}

double seconds(const std::string& option, const std::string& value) {
  char* stop = nullptr;
  const double number = std::strtod(value.c_str(), &stop);
  // Written so that a NaN fails too.
  if (value.empty() || *stop != '\0' || !(number >= 0 && number <= 1e6)) {
    refuse(option, value, "a number of seconds from 0 to 1000000 is needed");
  }
  return number;
}

// "2%" or "0.02".
double fraction(const std::string& option, const std::string& value) {
  char* stop = nullptr;
  double number = std::strtod(value.c_str(), &stop);
  if (std::strcmp(stop, "%") == 0) {
    number /= 100;
    ++stop;
  }
  if (value.empty() || *stop != '\0' || !(number > 0 && number < 1)) {
    refuse(option, value, "a part between 0% and 100%, as 2% or 0.02, is needed");
  }
  return number;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char letter : text) {
    if (letter == separator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

std::pair<std::string, std::vector<std::int64_t>> input_shape(const std::string& option, const std::string& value) {
  const auto equals = value.rfind('=');
  const std::string name = equals == std::string::npos ? "" : value.substr(0, equals);
  std::vector<std::int64_t> shape;
  for (const auto& length : split(equals == std::string::npos ? value : value.substr(equals + 1), ',')) {
    shape.push_back(whole_number(option, length, 1, std::numeric_limits<std::int32_t>::max()));
  }
  return {name, shape};
}

std::vector<int> cpu_list(const std::string& option, const std::string& value) {
  constexpr std::int64_t most_cpus = 1 << 20;
  std::vector<int> cpus;
  for (const auto& part : split(value, ',')) {
    const auto dash = part.find('-');
    const auto first = whole_number(option, part.substr(0, dash), 0, most_cpus);
    const auto last = dash == std::string::npos ? first : whole_number(option, part.substr(dash + 1), first, most_cpus);
    for (auto cpu = first; cpu <= last; ++cpu) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

Kernels kernels(const std::string& option, const std::string& value) {
  if (value == "xnnpack") return Kernels::xnnpack;
  if (value == "builtin") return Kernels::builtin;
  refuse(option, value, "xnnpack or builtin is needed");
}

using Setter = std::function<void(Options&, const std::string& option, const std::string& value)>;

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> all = {
      {"--runtime", [](Options& o, const auto&, const auto& value) { o.runtime = value; }},
      {"--output", [](Options& o, const auto&, const auto& value) { o.output = value; }},
      {"--signature", [](Options& o, const auto&, const auto& value) { o.interpreter.signature = value; }},
      {"--kernels",
       [](Options& o, const auto& name, const auto& value) { o.interpreter.kernels = kernels(name, value); }},
      {"--threads",
       [](Options& o, const auto& name, const auto& value) {
         o.interpreter.threads = static_cast<int>(whole_number(name, value, 1, 1024));
       }},
      {"--runs", [](Options& o, const auto& name, const auto& value) { o.runs = whole_number(name, value, 1); }},
      {"--min-runs",
       [](Options& o, const auto& name, const auto& value) { o.min_runs = whole_number(name, value, 1); }},
      {"--precision", [](Options& o, const auto& name, const auto& value) { o.precision = fraction(name, value); }},
      {"--max-time", [](Options& o, const auto& name, const auto& value) { o.max_seconds = seconds(name, value); }},
      {"--seed", [](Options& o, const auto& name,
                    const auto& value) { o.seed = static_cast<std::uint64_t>(whole_number(name, value, 0)); }},
      {"--input-shape",
       [](Options& o, const auto& name, const auto& value) { o.input_shapes.push_back(input_shape(name, value)); }},
      {"--pin", [](Options& o, const auto& name, const auto& value) { o.pin = cpu_list(name, value); }},
  };
  return all;
}

}  // namespace

const char* const usage =
    "usage: tflops-timer MODEL [options]\n"
    "\n"
    "Times inferences of a TensorFlow Lite model and writes what `tflops report MODEL --profile FILE` reads.\n"
    "\n"
    "  --runtime PATH             TensorFlow Lite C library or LiteRT library; one beside this program if left out\n"
    "  --kernels xnnpack|builtin  default xnnpack\n"
    "  --threads N                default 1\n"
    "  --precision PERCENT        stop once the median is known to within that (95% confidence); default 1%\n"
    "  --runs N                   number of samples (the maximum if --precision is given)\n"
    "  --min-runs N               minimum number of samples; default 1\n"
    "  --max-time SECONDS         maximum sampling time; default 10, unlimited if only --runs is given\n"
    "  --input-shape [NAME=]N,N   shape of an input; repeatable\n"
    "  --signature KEY            signature to run\n"
    "  --pin CPU[,CPU]            run on these CPUs only: 1 or 0,2 or 0-3\n"
    "  --seed N                   of the random inputs; default 0\n"
    "  --no-profile               do not time each operator\n"
    "  --peaks                    also measure what this machine can do at most, for the roofline; 2 seconds more\n"
    "  --output FILE              where to write; standard output if left out\n"
    "  --version, --help\n";

bool has_flag(int count, const char* const* arguments, const char* name) {
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], name) == 0) return true;
  }
  return false;
}

Options parse_options(int count, const char* const* arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    std::string name = arguments[i];
    if (name == "--no-profile") {
      options.profile = false;
      continue;
    }
    if (name == "--peaks") {
      options.peaks = true;
      continue;
    }
    if (name.rfind("--", 0) != 0) {
      if (!options.model.empty()) throw ArgumentError("two models: " + options.model + " and " + name);
      options.model = name;
      continue;
    }
    std::string value;
    const auto equals = name.find('=');
    const bool has_value = equals != std::string::npos;
    if (has_value) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto setter = setters().find(name);
    if (setter == setters().end()) throw ArgumentError("there is no option " + name + ": see --help");
    if (!has_value) {
      if (i + 1 == count) throw ArgumentError(name + " needs a value");
      value = arguments[++i];
    }
    setter->second(options, name, value);
  }
  if (options.model.empty()) throw ArgumentError("which model? See --help");
  if (options.runs && options.min_runs > *options.runs) {
    throw ArgumentError("--min-runs " + std::to_string(options.min_runs) + " is more than --runs " +
                        std::to_string(*options.runs));
  }
  return options;
}

}  // namespace tflops::timer
