#pragma once
#ifdef __cplusplus
#define RACY(name) extern "C" void name(int* n); extern "C" void name(int* n) { ++*n; }
#else
#define RACY(name) void name(int* n); void name(int* n) { ++*n; }
#endif
