// The part of the LiteRT C ABI that is called here: types, prototypes, and the one list of functions.
//
// Declared here rather than taken from LiteRT's headers, which the Python package does not carry.
// Prototypes are those from LiteRT 2.1.6 on; before it some functions took other arguments. What was run
// with them is LiteRT 2.1.6 and 2.3.0 (LitertLibrary::tried_versions).
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// Handles are pointers to types that nobody sees.
struct LiteRtEnvironmentT;
struct LiteRtModelT;
struct LiteRtSignatureT;
struct LiteRtSubgraphT;
struct LiteRtTensorT;
struct LiteRtOptionsT;
struct LiteRtOpaqueOptionsT;
struct LiteRtCompiledModelT;
struct LiteRtTensorBufferRequirementsT;
struct LiteRtTensorBufferT;
struct LiteRtProfilerT;

// Plain ints and not enums: a library newer than this list may return numbers that it does not name.
using LiteRtStatus = int;
// The same numbers as TfLiteType.
using LiteRtElementType = int;
using LiteRtParamIndex = std::size_t;

constexpr int kLiteRtHwAcceleratorCpu = 1;
constexpr int kLiteRtLogSeverityError = 3;
constexpr int kLiteRtLogSeveritySilent = 4;

struct LiteRtAny {
  int type;
  union {
    std::int64_t int_value;
    const void* ptr_value;
  };
};
constexpr int kLiteRtAnyTypeInt = 2;

struct LiteRtEnvOption {
  int tag;
  LiteRtAny value;
};
constexpr int kLiteRtEnvOptionTagAutoRegisterAccelerators = 24;
constexpr int kLiteRtEnvOptionTagMinLoggerSeverity = 25;

static_assert(sizeof(void*) != 8 || (sizeof(LiteRtAny) == 16 && offsetof(LiteRtAny, int_value) == 8));
static_assert(sizeof(void*) != 8 || (sizeof(LiteRtEnvOption) == 24 && offsetof(LiteRtEnvOption, value) == 8));

struct LiteRtLayout {
  // Rank in the low seven bits, then whether there are strides: a bit-field, but laid out by us, because
  // compilers differ where its two members have different types.
  std::uint32_t rank_and_has_strides;
  std::int32_t dimensions[8];
  std::uint32_t strides[8];
};
static_assert(sizeof(LiteRtLayout) == 68 && offsetof(LiteRtLayout, dimensions) == 4 &&
              offsetof(LiteRtLayout, strides) == 36);

struct LiteRtRankedTensorType {
  LiteRtElementType element_type;
  LiteRtLayout layout;
};
static_assert(sizeof(LiteRtRankedTensorType) == 72 && offsetof(LiteRtRankedTensorType, layout) == 4);

constexpr int kLiteRtTensorBufferTypeHostMemory = 1;

struct LiteRtQuantizationPerTensor {
  float scale;
  std::int64_t zero_point;
};
static_assert(sizeof(void*) != 8 ||
              (sizeof(LiteRtQuantizationPerTensor) == 16 && offsetof(LiteRtQuantizationPerTensor, zero_point) == 8));
constexpr int kLiteRtQuantizationPerTensor = 1;

struct LiteRtMemoryUsage {
  std::size_t total_allocated_bytes;
  std::size_t in_use_allocated_bytes;
  std::size_t private_footprint_bytes;
};

struct LiteRtProfiledEventData {
  const char* tag;  // the profiler's
  int event_type;
  std::uint64_t start_timestamp_us;
  std::uint64_t elapsed_time_us;
  LiteRtMemoryUsage begin_mem_usage;
  LiteRtMemoryUsage end_mem_usage;
  std::uint64_t event_metadata1;  // of operators: the index
  std::uint64_t event_metadata2;  // of operators: the subgraph's index
  int event_source;
};
static_assert(sizeof(void*) != 8 ||
              (sizeof(LiteRtProfiledEventData) == 104 && offsetof(LiteRtProfiledEventData, start_timestamp_us) == 16 &&
               offsetof(LiteRtProfiledEventData, begin_mem_usage) == 32 &&
               offsetof(LiteRtProfiledEventData, event_metadata1) == 80 &&
               offsetof(LiteRtProfiledEventData, event_source) == 96));
constexpr int kLiteRtOperatorInvokeEvent = 2;
constexpr int kLiteRtDelegateOperatorInvokeEvent = 4;
constexpr int kLiteRtDelegateProfiledOperatorInvokeEvent = 8;

LiteRtStatus LiteRtCreateEnvironment(int option_count, const LiteRtEnvOption* options, LiteRtEnvironmentT**);
void LiteRtDestroyEnvironment(LiteRtEnvironmentT*);

LiteRtStatus LiteRtCreateModelFromFile(LiteRtEnvironmentT*, const char* path, LiteRtModelT**);
LiteRtStatus LiteRtCreateModelFromBuffer(LiteRtEnvironmentT*, const void* data, std::size_t size, LiteRtModelT**);
// Not called: it came with 2.1.6, and so tells that the functions are those declared here.
LiteRtStatus LiteRtCreateModelFromFd(LiteRtEnvironmentT*, int, std::size_t offset, std::size_t size, LiteRtModelT**);
void LiteRtDestroyModel(LiteRtModelT*);
LiteRtStatus LiteRtGetNumModelSubgraphs(LiteRtModelT*, LiteRtParamIndex* count);
LiteRtStatus LiteRtGetModelSubgraph(LiteRtModelT*, LiteRtParamIndex, LiteRtSubgraphT**);
LiteRtStatus LiteRtGetNumModelSignatures(LiteRtModelT*, LiteRtParamIndex* count);
LiteRtStatus LiteRtGetModelSignature(LiteRtModelT*, LiteRtParamIndex, LiteRtSignatureT**);
LiteRtStatus LiteRtGetSignatureKey(LiteRtSignatureT*, const char** key);
LiteRtStatus LiteRtGetSignatureSubgraph(LiteRtSignatureT*, LiteRtSubgraphT**);
LiteRtStatus LiteRtGetNumSignatureInputs(LiteRtSignatureT*, LiteRtParamIndex* count);
LiteRtStatus LiteRtGetNumSignatureOutputs(LiteRtSignatureT*, LiteRtParamIndex* count);
LiteRtStatus LiteRtGetSignatureInputName(LiteRtSignatureT*, LiteRtParamIndex, const char** name);
LiteRtStatus LiteRtGetSignatureOutputName(LiteRtSignatureT*, LiteRtParamIndex, const char** name);
LiteRtStatus LiteRtGetSignatureInputTensorByIndex(LiteRtSignatureT*, LiteRtParamIndex, LiteRtTensorT**);
LiteRtStatus LiteRtGetSignatureOutputTensorByIndex(LiteRtSignatureT*, LiteRtParamIndex, LiteRtTensorT**);
LiteRtStatus LiteRtGetTensorIndex(LiteRtTensorT*, std::uint32_t* index);
LiteRtStatus LiteRtGetRankedTensorType(LiteRtTensorT*, LiteRtRankedTensorType*);
LiteRtStatus LiteRtGetQuantizationTypeId(LiteRtTensorT*, int* type);
LiteRtStatus LiteRtGetPerTensorQuantization(LiteRtTensorT*, LiteRtQuantizationPerTensor*);

LiteRtStatus LiteRtCreateOptions(LiteRtOptionsT**);
void LiteRtDestroyOptions(LiteRtOptionsT*);
LiteRtStatus LiteRtSetOptionsHardwareAccelerators(LiteRtOptionsT*, int accelerators);
LiteRtStatus LiteRtCreateOpaqueOptions(const char* identifier, void* payload, void (*destroy_payload)(void*),
                                       LiteRtOpaqueOptionsT**);
LiteRtStatus LiteRtAddOpaqueOptions(LiteRtOptionsT*, LiteRtOpaqueOptionsT*);

LiteRtStatus LiteRtCreateCompiledModel(LiteRtEnvironmentT*, LiteRtModelT*, LiteRtOptionsT*, LiteRtCompiledModelT**);
void LiteRtDestroyCompiledModel(LiteRtCompiledModelT*);
LiteRtStatus LiteRtCompiledModelResizeInputTensorNonStrict(LiteRtCompiledModelT*, LiteRtParamIndex signature,
                                                           LiteRtParamIndex input, const int* dims, std::size_t rank);
LiteRtStatus LiteRtGetCompiledModelInputTensorLayout(LiteRtCompiledModelT*, LiteRtParamIndex signature,
                                                     LiteRtParamIndex input, LiteRtLayout*);
LiteRtStatus LiteRtGetCompiledModelOutputTensorLayouts(LiteRtCompiledModelT*, LiteRtParamIndex signature,
                                                       std::size_t count, LiteRtLayout*, bool update_allocation);
LiteRtStatus LiteRtGetCompiledModelInputBufferRequirements(LiteRtCompiledModelT*, LiteRtParamIndex signature,
                                                           LiteRtParamIndex input, LiteRtTensorBufferRequirementsT**);
LiteRtStatus LiteRtGetCompiledModelOutputBufferRequirements(LiteRtCompiledModelT*, LiteRtParamIndex signature,
                                                            LiteRtParamIndex output, LiteRtTensorBufferRequirementsT**);
LiteRtStatus LiteRtRunCompiledModel(LiteRtCompiledModelT*, LiteRtParamIndex signature, std::size_t input_count,
                                    LiteRtTensorBufferT** inputs, std::size_t output_count,
                                    LiteRtTensorBufferT** outputs);
LiteRtStatus LiteRtCompiledModelGetErrorMessages(LiteRtCompiledModelT*, char** messages);
LiteRtStatus LiteRtCompiledModelClearErrors(LiteRtCompiledModelT*);
LiteRtStatus LiteRtCompiledModelGetProfiler(LiteRtCompiledModelT*, LiteRtProfilerT**);

LiteRtStatus LiteRtCreateManagedTensorBufferFromRequirements(LiteRtEnvironmentT*, const LiteRtRankedTensorType*,
                                                             LiteRtTensorBufferRequirementsT*, LiteRtTensorBufferT**);
LiteRtStatus LiteRtCreateManagedTensorBuffer(LiteRtEnvironmentT*, int buffer_type, const LiteRtRankedTensorType*,
                                             std::size_t size, LiteRtTensorBufferT**);
LiteRtStatus LiteRtGetTensorBufferRequirementsBufferSize(LiteRtTensorBufferRequirementsT*, std::size_t* size);
void LiteRtDestroyTensorBuffer(LiteRtTensorBufferT*);
LiteRtStatus LiteRtGetTensorBufferHostMemory(LiteRtTensorBufferT*, void** address);
LiteRtStatus LiteRtGetTensorBufferPackedSize(LiteRtTensorBufferT*, std::size_t* size);

LiteRtStatus LiteRtStartProfiler(LiteRtProfilerT*);
LiteRtStatus LiteRtStopProfiler(LiteRtProfilerT*);
LiteRtStatus LiteRtGetNumProfilerEvents(LiteRtProfilerT*, int* count);
LiteRtStatus LiteRtGetProfilerEvents(LiteRtProfilerT*, int count, LiteRtProfiledEventData*);

}  // extern "C"

// All are needed, and all are there from 2.1.6 on.
#define TFLOPS_LITERT_FUNCTIONS(X)                   \
  X(LiteRtCreateEnvironment)                         \
  X(LiteRtDestroyEnvironment)                        \
  X(LiteRtCreateModelFromFile)                       \
  X(LiteRtCreateModelFromBuffer)                     \
  X(LiteRtCreateModelFromFd)                         \
  X(LiteRtDestroyModel)                              \
  X(LiteRtGetNumModelSubgraphs)                      \
  X(LiteRtGetModelSubgraph)                          \
  X(LiteRtGetNumModelSignatures)                     \
  X(LiteRtGetModelSignature)                         \
  X(LiteRtGetSignatureKey)                           \
  X(LiteRtGetSignatureSubgraph)                      \
  X(LiteRtGetNumSignatureInputs)                     \
  X(LiteRtGetNumSignatureOutputs)                    \
  X(LiteRtGetSignatureInputName)                     \
  X(LiteRtGetSignatureOutputName)                    \
  X(LiteRtGetSignatureInputTensorByIndex)            \
  X(LiteRtGetSignatureOutputTensorByIndex)           \
  X(LiteRtGetTensorIndex)                            \
  X(LiteRtGetRankedTensorType)                       \
  X(LiteRtGetQuantizationTypeId)                     \
  X(LiteRtGetPerTensorQuantization)                  \
  X(LiteRtCreateOptions)                             \
  X(LiteRtDestroyOptions)                            \
  X(LiteRtSetOptionsHardwareAccelerators)            \
  X(LiteRtCreateOpaqueOptions)                       \
  X(LiteRtAddOpaqueOptions)                          \
  X(LiteRtCreateCompiledModel)                       \
  X(LiteRtDestroyCompiledModel)                      \
  X(LiteRtCompiledModelResizeInputTensorNonStrict)   \
  X(LiteRtGetCompiledModelInputTensorLayout)         \
  X(LiteRtGetCompiledModelOutputTensorLayouts)       \
  X(LiteRtGetCompiledModelInputBufferRequirements)   \
  X(LiteRtGetCompiledModelOutputBufferRequirements)  \
  X(LiteRtRunCompiledModel)                          \
  X(LiteRtCompiledModelGetErrorMessages)             \
  X(LiteRtCompiledModelClearErrors)                  \
  X(LiteRtCompiledModelGetProfiler)                  \
  X(LiteRtCreateManagedTensorBufferFromRequirements) \
  X(LiteRtCreateManagedTensorBuffer)                 \
  X(LiteRtGetTensorBufferRequirementsBufferSize)     \
  X(LiteRtDestroyTensorBuffer)                       \
  X(LiteRtGetTensorBufferHostMemory)                 \
  X(LiteRtGetTensorBufferPackedSize)                 \
  X(LiteRtStartProfiler)                             \
  X(LiteRtStopProfiler)                              \
  X(LiteRtGetNumProfilerEvents)                      \
  X(LiteRtGetProfilerEvents)
