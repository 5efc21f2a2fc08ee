#include "script.hpp"

#include <sstream>
#include <stdexcept>

namespace fake {
namespace {

struct Type {
  const char* name;
  int number;  // TfLiteType
  std::size_t bytes;
};
constexpr Type types[] = {{"float32", 1, 4}, {"int32", 2, 4}, {"uint8", 3, 1}, {"int64", 4, 8}, {"int8", 9, 1}};

const Type& type_of(const std::string& name) {
  for (const Type& type : types) {
    if (name == type.name) return type;
  }
  throw std::invalid_argument("unknown type " + name);
}

template <class Number>
std::vector<Number> numbers(const std::string& text, char separator) {
  std::vector<Number> found;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    if (!part.empty()) found.push_back(static_cast<Number>(std::stoll(part)));
  }
  return found;
}

std::string rest_of(std::istringstream& line) {
  std::string rest;
  std::getline(line >> std::ws, rest);
  return rest;
}

void read_statement(const std::string& text, Script& script) {
  std::istringstream line(text);
  std::string word, first, second;
  line >> word;
  if (word == "tensor") {
    std::string name;
    line >> name >> first >> second;
    const Type& type = type_of(first);
    script.tensors.push_back({name, type.number, type.bytes, numbers<int>(second, ',')});
  } else if (word == "inputs") {
    script.inputs = numbers<int>(rest_of(line), ',');
  } else if (word == "outputs") {
    script.outputs = numbers<int>(rest_of(line), ',');
  } else if (word == "signature") {
    std::string key;
    line >> key >> first >> second;
    script.signatures.push_back({key, numbers<int>(first, ','), numbers<int>(second, ',')});
  } else if (word == "operator") {
    OperatorPlan plan;
    line >> plan.name;
    if (line >> first) {
      if (first != "xnnpack") throw std::invalid_argument("unknown delegate " + first);
      line >> second;
      plan.delegated_us = second == "clock" ? std::nullopt : std::optional<std::uint64_t>(std::stoull(second));
      plan.delegated_name = rest_of(line);
    }
    script.operators.push_back(plan);
  } else if (word == "durations") {
    script.durations_ns = numbers<std::int64_t>(rest_of(line), ' ');
  } else if (word == "on") {
    Action action;
    std::string when;
    line >> action.step >> when >> action.verb;
    action.when = when == "*" ? 0 : std::stoll(when);
    action.argument = rest_of(line);
    script.actions.push_back(action);
  } else if (!word.empty()) {
    throw std::invalid_argument("unknown statement " + word);
  }
}

}  // namespace

std::optional<Script> find_script(std::string_view bytes) {
  constexpr std::string_view begin = "fake_tflite {\n";
  const std::size_t start = bytes.find(begin);
  if (start == std::string_view::npos) return std::nullopt;
  const std::size_t stop = bytes.find("\n}", start);
  if (stop == std::string_view::npos) throw std::invalid_argument("the script has no end");
  const std::size_t first = start + begin.size();
  std::istringstream lines(std::string(bytes.substr(first, stop > first ? stop - first : 0)));
  Script script;
  for (std::string line; std::getline(lines, line);) read_statement(line, script);
  return script;
}

}  // namespace fake
