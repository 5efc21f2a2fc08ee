// An external delegate for tests: it takes operator 0 and does nothing in its place. Options: "fail" says
// with what words it is not made, "refuse" that it does not accept the model.
//
// Declared here as far as it is used; layouts as in TensorFlow Lite 2.17 (tflite/core/c/common.h).
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct Context Context;
typedef struct Delegate Delegate;

typedef struct {
  void* (*init)(Context*, const char*, size_t);
  void (*free)(Context*, void*);
  int (*prepare)(Context*, void*);
  int (*invoke)(Context*, void*);
  const char* (*profiling_string)(const Context*, const void*);
  int32_t builtin_code;
  const char* custom_name;
  int version;
  void* registration_external;
  void* async_kernel;
  uint64_t inplace_operator;
} Registration;

struct Context {
  size_t tensors_size;
  void* get_execution_plan;
  void* tensors;
  void* impl;
  void* resize_tensor;
  void (*report_error)(Context*, const char*, ...);
  void* add_tensors;
  void* get_node_and_registration;
  int (*replace_node_subsets)(Context*, Registration, const int*, Delegate*);
};

struct Delegate {
  void* data;
  int (*prepare)(Context*, Delegate*);
  void* copy_from_buffer_handle;
  void* copy_to_buffer_handle;
  void* free_buffer_handle;
  int64_t flags;
  void* opaque_delegate_builder;
};

static int do_nothing(Context* context, void* node) {
  (void)context;
  (void)node;
  return 0;
}

static int take_operator_0(Context* context, Delegate* delegate) {
  static const int nodes[] = {1, 0};  // length, then indices
  Registration registration;
  memset(&registration, 0, sizeof registration);
  registration.prepare = do_nothing;
  registration.invoke = do_nothing;
  registration.custom_name = "DoNothing";
  registration.version = 1;
  return context->replace_node_subsets(context, registration, nodes, delegate);
}

static int refuse(Context* context, Delegate* delegate) {
  (void)delegate;
  context->report_error(context, "not such a model");
  return 1;
}

Delegate* tflite_plugin_create_delegate(char** keys, char** values, size_t count, void (*report)(const char*)) {
  Delegate* delegate = calloc(1, sizeof *delegate);
  delegate->prepare = take_operator_0;
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(keys[i], "fail") == 0) {
      report(values[i]);
      free(delegate);
      return NULL;
    }
    if (strcmp(keys[i], "refuse") == 0) delegate->prepare = refuse;
  }
  return delegate;
}

void tflite_plugin_destroy_delegate(Delegate* delegate) { free(delegate); }
