// What ThreadSanitizer offers to the programs that it checks, as far as no header of a compiler declares all of it.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
void __tsan_acquire(void*);
void __tsan_release(void*);
void __tsan_mutex_create(void*, unsigned);
void __tsan_mutex_destroy(void*, unsigned);
void __tsan_mutex_pre_lock(void*, unsigned);
void __tsan_mutex_post_lock(void*, unsigned, int);
int __tsan_mutex_pre_unlock(void*, unsigned);
void __tsan_mutex_post_unlock(void*, unsigned);
void __tsan_mutex_pre_divert(void*, unsigned);
void __tsan_mutex_post_divert(void*, unsigned);
void AnnotateRWLockAcquired(const char*, int, const volatile void*, long);
void AnnotateRWLockReleased(const char*, int, const volatile void*, long);
void AnnotateIgnoreReadsBegin(const char*, int);
void AnnotateIgnoreReadsEnd(const char*, int);
void AnnotateIgnoreWritesBegin(const char*, int);
void AnnotateIgnoreWritesEnd(const char*, int);
void AnnotateIgnoreSyncBegin(const char*, int);
void AnnotateIgnoreSyncEnd(const char*, int);
void AnnotateBenignRace(const char*, int, const volatile void*, const char*);
void AnnotateBenignRaceSized(const char*, int, const volatile void*, unsigned long, const char*);
void AnnotateNewMemory(const char*, int, const volatile void*, unsigned long);
void AnnotateHappensBefore(const char*, int, void*);
void AnnotateHappensAfter(const char*, int, void*);
void WTFAnnotateHappensBefore(const char*, int, const volatile void*);
void WTFAnnotateHappensAfter(const char*, int, const volatile void*);
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned);
void __tsan_destroy_fiber(void*);
void __tsan_switch_to_fiber(void*, unsigned);
int RunningOnValgrind();
double ValgrindSlowdown();
const char* ThreadSanitizerQuery(const char*);
void __tsan_external_write(void*, void*, void*);
std::uint32_t __sanitizer_unaligned_load32(const void*);
void __sanitizer_unaligned_store32(void*, std::uint32_t);
int __sanitizer_get_ownership(const void*);
std::size_t __sanitizer_get_allocated_size(const void*);
void __sanitizer_symbolize_pc(void*, const char*, char*, std::size_t);
}
