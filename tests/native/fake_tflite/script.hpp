// What a model file tells the fake library to do. The text stands anywhere in the file, so that a true
// model can carry it as its description:
//
//   fake_tflite {
//   tensor NAME TYPE 1,4             in the order of their indices; TYPE as float32, int32, uint8, int64, int8
//   inputs 0                         indices, separated by commas
//   outputs 1
//   signature KEY 0 1                its inputs and outputs
//   operator ABS                     runs as a builtin kernel, and reports begin and end
//   operator ABS xnnpack 12 Abs (NC, F32)   with the XNNPACK delegate: reports 12 us under that name, at
//                                           the end of the partition; with "clock" for 12 it reports what a
//                                           clock says that it reads where the operator begins and ends
//   durations 1000 2000              nanoseconds that invokes take in turn, in a circle
//   on STEP WHEN ACTION              STEP: load, create, resize, allocate, reset, invoke or operator:INDEX
//                                    WHEN: the how many-th time of one interpreter, or * for each
//   }
//
// ACTION is one of
//   sleep NANOSECONDS
//   fail MESSAGE          through the error reporter, with the status of an error
//   crash SIGSEGV         or SIGABRT, SIGFPE, SIGKILL
//   exit CODE
//   hang
//   allocate BYTES        in pieces that are never freed; std::bad_alloc leaves the library where there are no more
//   bad_alloc             throws it straight away
//   throw MESSAGE         throws std::length_error, as containers of the runtime do
//   print out TEXT        or err
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fake {

struct TensorPlan {
  std::string name;
  int type;
  std::size_t element_bytes;
  std::vector<int> dims;
};

struct OperatorPlan {
  std::string name;
  std::string delegated_name;                     // "" if no delegate takes it
  std::optional<std::uint64_t> delegated_us = 0;  // nothing: the clock says it
};

struct SignaturePlan {
  std::string key;
  std::vector<int> inputs;
  std::vector<int> outputs;
};

struct Action {
  std::string step;
  std::int64_t when;  // 0: each time
  std::string verb;
  std::string argument;
};

struct Script {
  std::vector<TensorPlan> tensors;
  std::vector<int> inputs;
  std::vector<int> outputs;
  std::vector<SignaturePlan> signatures;
  std::vector<OperatorPlan> operators;
  std::vector<std::int64_t> durations_ns;
  std::vector<Action> actions;
};

// Nothing if the bytes hold no script; throws std::invalid_argument for one with a mistake.
std::optional<Script> find_script(std::string_view bytes);

}  // namespace fake
