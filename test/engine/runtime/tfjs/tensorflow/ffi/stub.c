/* A libtensorflow that computes nothing, counts what is alive, and fails where it is told to. Built with other macros it is another library:
   VERSION, GPUS (only seen where dlopen finds CUDART), WITHOUT_EXECUTE. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VERSION
#define VERSION "2.99.0"
#endif
#ifndef GPUS
#define GPUS 0
#endif

typedef struct { int code; char message[200]; } Status;
typedef struct { int dtype, rank, fails; int64_t shape[8]; size_t bytes; void *data; } Tensor;
typedef struct { char name[40]; } Op;

static int alive, copied;
static char visible[16];

int stub_alive(void) { return alive; }
int stub_copied(void) { return copied; }

static void *born(size_t size) { alive++; return calloc(1, size); }
static void dead(void *it) { alive--; free(it); }
static void say(Status *s, int code, const char *message) { s->code = code; snprintf(s->message, sizeof s->message, "%s", message); }

const char *TF_Version(void) { return VERSION; }
Status *TF_NewStatus(void) { return calloc(1, sizeof(Status)); }
int TF_GetCode(Status *s) { return s->code; }
const char *TF_Message(Status *s) { return s->message; }
void TF_SetStatus(Status *s, int code, const char *message) { say(s, code, message); }

static int gpus(void) {
#ifdef CUDART
  return dlopen(CUDART, RTLD_LAZY) ? GPUS : 0;
#else
  return GPUS;
#endif
}

void *TFE_NewContextOptions(void) { return born(1); }
void TFE_DeleteContextOptions(void *options) { dead(options); }
/* As far as it matters: field 6 is last, its own last field is 5, the list of visible devices. */
void TFE_ContextOptionsSetConfig(void *options, const uint8_t *config, size_t length, Status *s) {
  visible[0] = 0;
  for (size_t i = 0; i + 1 < length; i++) if (config[i] == 0x2a) { memcpy(visible, config + i + 2, config[i + 1]); visible[config[i + 1]] = 0; }
  say(s, 0, "");
}
void *TFE_NewContext(void *options, Status *s) {
  int count = gpus();
  say(s, 0, "");
  if (count > 0 && visible[0] && atoi(visible) >= count) {
    char message[200];
    snprintf(message, sizeof message, "'visible_device_list' listed an invalid GPU id '%s' but visible device count is %d", visible, count);
    say(s, 3, message);
    return NULL;
  }
  return calloc(1, 1);
}
void *TFE_ContextListDevices(void *context, Status *s) { say(s, 0, ""); return born(1); }
void TF_DeleteDeviceList(void *list) { dead(list); }
int TF_DeviceListCount(void *list) { return gpus() > 0 ? 2 : 1; }
const char *TF_DeviceListName(void *list, int index, Status *s) { say(s, 0, ""); return index ? "GPU:0" : "CPU:0"; }
const char *TF_DeviceListType(void *list, int index, Status *s) { say(s, 0, ""); return index ? "GPU" : "CPU"; }

Tensor *TF_AllocateTensor(int dtype, const int64_t *shape, int rank, size_t bytes) {
  Tensor *t = born(sizeof *t);
  t->dtype = dtype; t->rank = rank; t->bytes = bytes; t->data = calloc(1, bytes + 1);
  memcpy(t->shape, shape, rank * sizeof *shape);
  return t;
}
void *TF_TensorData(Tensor *t) { return t->data; }
size_t TF_TensorByteSize(Tensor *t) { return t->bytes; }
void TF_DeleteTensor(Tensor *t) { free(t->data); dead(t); }

static Tensor *again(Tensor *t) {
  Tensor *copy = TF_AllocateTensor(t->dtype, t->shape, t->rank, t->bytes);
  memcpy(copy->data, t->data, t->bytes);
  return copy;
}
/* Fails on the shape [7], as out of memory on the shape [8]. */
static int ok(Tensor *t, int64_t size, Status *s) {
  int bad = t->rank == 1 && t->shape[0] == size;
  say(s, bad ? 3 : 0, bad ? "no good" : "");
  return !bad;
}
Tensor *TFE_NewTensorHandle(Tensor *t, Status *s) { return ok(t, 7, s) ? again(t) : NULL; }
Tensor *TFE_TensorHandleCopyToDevice(Tensor *t, void *context, const char *device, Status *s) { copied++; return ok(t, 8, s) ? again(t) : NULL; }
Tensor *TFE_TensorHandleResolve(Tensor *t, Status *s) { return ok(t, 9, s) ? again(t) : NULL; }
void TFE_DeleteTensorHandle(Tensor *t) { TF_DeleteTensor(t); }
int TFE_TensorHandleDataType(Tensor *t) { return t->dtype; }
int TFE_TensorHandleNumDims(Tensor *t, Status *s) { say(s, t->fails ? 13 : 0, "no shape"); return t->rank; }
int64_t TFE_TensorHandleDim(Tensor *t, int axis, Status *s) { say(s, 0, ""); return t->shape[axis]; }

Op *TFE_NewOp(void *context, const char *name, Status *s) {
  if (!strcmp(name, "Unknown")) { say(s, 5, "{{function_node f}} no such\n op"); return NULL; }
  Op *op = born(sizeof *op);
  snprintf(op->name, sizeof op->name, "%s", name);
  say(s, 0, "");
  return op;
}
void TFE_DeleteOp(Op *op) { dead(op); }
void TFE_OpAddInput(Op *op, Tensor *t, Status *s) { int bad = !strcmp(op->name, "BadInput"); say(s, bad ? 3 : 0, bad ? "bad input" : ""); }
void TFE_OpSetAttrString(Op *op, const char *name, const char *value, size_t bytes) {}
void TFE_OpSetAttrInt(Op *op, const char *name, int64_t value) {}
void TFE_OpSetAttrIntList(Op *op, const char *name, const int64_t *values, int count) {}
void TFE_OpSetAttrFloat(Op *op, const char *name, float value) {}
void TFE_OpSetAttrFloatList(Op *op, const char *name, const float *values, int count) {}
void TFE_OpSetAttrBool(Op *op, const char *name, uint8_t value) {}
void TFE_OpSetAttrBoolList(Op *op, const char *name, const uint8_t *values, int count) {}
void TFE_OpSetAttrType(Op *op, const char *name, int value) {}
void TFE_OpSetAttrShape(Op *op, const char *name, const int64_t *shape, int rank, Status *s) { int bad = rank > 4; say(s, bad ? 3 : 0, bad ? "bad shape" : ""); }
#ifndef WITHOUT_EXECUTE
/* Gives scalars: as many as are asked for, one at most from "One"; "NoShape" gives some whose shape can't be had. */
void TFE_Execute(Op *op, Tensor **outputs, int *count, Status *s) {
  if (!strcmp(op->name, "OutOfMemory")) { say(s, 8, "OOM when allocating tensor"); return; }
  if (!strcmp(op->name, "Fails")) { say(s, 3, "it fails"); return; }
  if (!strcmp(op->name, "One") && *count > 1) *count = 1;
  for (int i = 0; i < *count; i++) {
    outputs[i] = TF_AllocateTensor(1, NULL, 0, 4);
    outputs[i]->fails = !strcmp(op->name, "NoShape");
  }
  say(s, 0, "");
}
#endif
