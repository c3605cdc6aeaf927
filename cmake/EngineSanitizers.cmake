# The engine under AddressSanitizer and UndefinedBehaviorSanitizer (preset asan): INTERLEAVE_ENGINE_SANITIZERS=address,undefined.
#
# Only the engine is instrumented: the programs' accesses are hooks of ours, and a compiler has one sanitizer for them. The
# runtime of AddressSanitizer must come *after* our library in the order of symbol lookup, as libc does otherwise: the program's
# malloc is ours, and what ours calls is the sanitizer's. So it is the shared runtime, named on the link line of executables;
# ASAN_OPTIONS has to contain verify_asan_link_order=0 (the test preset asan says so).
if(NOT INTERLEAVE_ENGINE_SANITIZERS)
  return()
endif()
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  message(FATAL_ERROR "INTERLEAVE_ENGINE_SANITIZERS needs clang")
endif()

execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libclang_rt.asan-x86_64.so OUTPUT_VARIABLE asan_runtime
  OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT EXISTS ${asan_runtime})
  message(FATAL_ERROR "AddressSanitizer's shared runtime is missing; ci/setup installs it (libclang-rt-14-dev)")
endif()

target_compile_options(engine PRIVATE -fsanitize=${INTERLEAVE_ENGINE_SANITIZERS} -fno-sanitize=vptr -fno-sanitize-recover=undefined
  -fno-omit-frame-pointer)
# glibc's own names of malloc, which the heap's doors call, would go past the sanitizer.
foreach(function malloc calloc realloc memalign free)
  target_compile_definitions(engine PRIVATE __libc_${function}=__interceptor_${function})
endforeach()
get_filename_component(asan_directory ${asan_runtime} DIRECTORY)
target_link_libraries(model PRIVATE ${asan_runtime})
set(INTERLEAVE_MODEL_RUNTIME -Wl,--no-as-needed ${asan_runtime} -Wl,-rpath,${asan_directory})
