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

function(find_runtime name variable)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${name} OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT EXISTS ${path})
    message(FATAL_ERROR "${name} is missing; ci/setup installs it (libclang-rt-14-dev)")
  endif()
  set(${variable} ${path} PARENT_SCOPE)
endfunction()
find_runtime(libclang_rt.asan-x86_64.so asan_runtime)
find_runtime(libclang_rt.asan-preinit-x86_64.a asan_preinit)

# Not the stack: fibers are abandoned and executions jumped out of, which leaves the marks of frames that no longer are.
target_compile_options(engine PRIVATE -fsanitize=${INTERLEAVE_ENGINE_SANITIZERS} -fno-sanitize=vptr -fno-sanitize-recover=undefined
  -mllvm -asan-stack=0 -fno-omit-frame-pointer -fsanitize-ignorelist=${CMAKE_CURRENT_LIST_DIR}/engine_sanitizers.ignore)
target_compile_definitions(engine PRIVATE INTERLEAVE_SANITIZED=1)
# glibc's own names of malloc, which the heap's doors call, would go past the sanitizer.
foreach(function malloc calloc realloc memalign free)
  target_compile_definitions(engine PRIVATE __libc_${function}=__interceptor_${function})
endforeach()
get_filename_component(asan_directory ${asan_runtime} DIRECTORY)
target_link_libraries(model PRIVATE ${asan_runtime})
target_sources(model PRIVATE ${CMAKE_CURRENT_LIST_DIR}/asan_no_return.c)
# Our doors are used by the initialisers of libstdc++, before those of the sanitizer's library would run: preinit comes first.
# And libstdc++ comes before the sanitizer, whose operator new would go past our malloc.
set(INTERLEAVE_MODEL_RUNTIME -lstdc++ -Wl,--no-as-needed ${asan_runtime} -Wl,-rpath,${asan_directory}
  -Wl,--whole-archive ${asan_preinit} -Wl,--no-whole-archive)

# The sanitizer asks pthread_getspecific for its own idea of the thread.
set_source_files_properties(scheduler/runtime/keys.cpp PROPERTIES
  COMPILE_DEFINITIONS "pthread_getspecific=interleave_getspecific;pthread_setspecific=interleave_setspecific")
