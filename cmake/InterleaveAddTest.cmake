# interleave_add_test: one compilation of a test, two programs.
#
#   interleave_add_test(NAME SOURCES FILE... [FRAMEWORK NAME] [LIBRARIES TARGET...] [TIMEOUT SECONDS] [LABELS LABEL...]
#                       [TRUSTED NAME...] [MODEL_ONLY | STRESS_ONLY])
#
#   NAME_objects   the sources, compiled once with -fsanitize=thread (what the program means is decided by the link)
#   NAME           linked with the model, without the flag: threads are fibers, every schedule is explored
#   NAME_stress    linked with the flag and the real-thread library: real threads, watched by ThreadSanitizer
#
# Both programs are registered with CTest under their own names, NAME_stress with the label "stress". FRAMEWORK names a test framework
# (InterleaveFrameworks.cmake lists them); with `none`, the default, the sources have their own main.
#
# LIBRARIES are linked into both programs. Libraries that the project itself builds are compiled a second time, instrumented, for these
# programs (InterleaveTwins.cmake); the project's other programs keep those without. Others are linked as they are.
#
# TRUSTED names libraries (libfoo.so), source files or functions that are not instrumented and known to be harmless for this test: a pass over
# them is complete, and its report lists them as trusted. Each name may have the wildcards of fnmatch.

# In the cache, where also a project sees them that adds the tree with add_subdirectory or FetchContent.
#
# What turns memory accesses into calls. The line numbers of reports come from -g (set INTERLEAVE_DEBUG_INFO to -g1 for those and
# nothing else). g++ warns that TSan does not support fences; the model does.
if(NOT DEFINED INTERLEAVE_DEBUG_INFO)
  set(INTERLEAVE_DEBUG_INFO -g)
endif()
# What a compiler does not tell of a function's own locals: InterleaveLocals.cmake.
include(${CMAKE_CURRENT_LIST_DIR}/InterleaveLocals.cmake)
# One entry for each option, none with a semicolon, so that the list can be used as it is: add_compile_options(${INTERLEAVE_INSTRUMENT}).
# The compilers of C and of C++ need not be of one kind.
set(interleave_options_ -fsanitize=thread ${INTERLEAVE_DEBUG_INFO})
function(interleave_option_ compiler)
  foreach(option IN LISTS ARGN)
    list(APPEND interleave_options_
      "$<$<OR:$<COMPILE_LANG_AND_ID:C,${compiler}>,$<COMPILE_LANG_AND_ID:CXX,${compiler}>>:${option}>")
  endforeach()
  set(interleave_options_ "${interleave_options_}" PARENT_SCOPE)
endfunction()
# clang leaves out a read that a write of the same variable follows, and with it the moment between the two (races=explore).
interleave_option_(Clang "SHELL:-mllvm -tsan-instrument-read-before-write=1")
# g++ expands calls of memcpy and its kin with small constant sizes or constant texts in line, after instrumentation: nobody would see
# these accesses; so it does with what _FORTIFY_SOURCE makes of them. And with -flto it would not instrument before the link, which is done
# without -fsanitize=thread.
interleave_option_(GNU -fno-lto -Wno-tsan -U_FORTIFY_SOURCE -fno-builtin-memcpy -fno-builtin-mempcpy -fno-builtin-memmove -fno-builtin-memset -fno-builtin-memcmp -fno-builtin-strcpy
  -fno-builtin-strncpy -fno-builtin-stpcpy -fno-builtin-strcat -fno-builtin-strncat -fno-builtin-strcmp -fno-builtin-strncmp)
set(INTERLEAVE_INSTRUMENT ${interleave_options_} ${INTERLEAVE_LOCALS} CACHE INTERNAL "")
# To be added for code that means atomic by volatile (older C code): tells volatile accesses from plain ones, and each is a step.
set(INTERLEAVE_VOLATILE_ATOMIC "$<$<CXX_COMPILER_ID:Clang>:SHELL:-mllvm -tsan-distinguish-volatile=1>"
  $<$<CXX_COMPILER_ID:GNU>:--param=tsan-distinguish-volatile=1> CACHE INTERNAL "")

include(${CMAKE_CURRENT_LIST_DIR}/InterleaveTwins.cmake)

# The adapters' sources lie beside this file's package, or in the tree.
set(interleave_adapters_ ${CMAKE_CURRENT_LIST_DIR})
if(NOT EXISTS ${interleave_adapters_}/catch2.cpp)
  get_filename_component(interleave_adapters_ ${CMAKE_CURRENT_LIST_DIR}/../scheduler/adapters ABSOLUTE)
endif()
set(INTERLEAVE_ADAPTERS ${interleave_adapters_} CACHE INTERNAL "")

# Links an executable made of instrumented objects with the model. A shared library on the link line precedes libstdc++, which
# the compiler's driver appends, so libstdc++'s own calls enter the model as well.
function(interleave_link_model target)
  target_link_libraries(${target} PRIVATE interleave::model Threads::Threads ${INTERLEAVE_MODEL_RUNTIME})
endfunction()

function(interleave_link_stress target)
  target_link_libraries(${target} PRIVATE interleave::stress Threads::Threads)
  target_link_options(${target} PRIVATE -fsanitize=thread)
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/InterleaveFrameworks.cmake)

# Tells the program of a test how many seconds CTest gives it: CTest kills a test that takes longer, and nothing would be left of it. Asked at the
# end of the folder, when the TIMEOUT is the last word.
function(interleave_hand_timeout_ name)
  get_test_property(${name} TIMEOUT timeout)
  if(timeout)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT_MODIFICATION "INTERLEAVE_DEADLINE=set:${timeout}")
  endif()
endfunction()

# Tells the program of a test where its project is, whose past failures are kept in .interleave (docs/corpus.md). INTERLEAVE_PROJECT_FOLDER names
# another folder; empty: none are kept.
function(interleave_hand_project_ name)
  set(variable INTERLEAVE_PROJECT=set:${CMAKE_SOURCE_DIR})
  if(DEFINED INTERLEAVE_PROJECT_FOLDER)
    set(variable INTERLEAVE_PROJECT=set:${INTERLEAVE_PROJECT_FOLDER})
    if(INTERLEAVE_PROJECT_FOLDER STREQUAL "")
      set(variable INTERLEAVE_CORPUS=set:0)
    endif()
  endif()
  set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT_MODIFICATION "${variable}")
endfunction()

function(interleave_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "MODEL_ONLY;STRESS_ONLY" "FRAMEWORK;TIMEOUT" "SOURCES;LIBRARIES;LABELS;TRUSTED")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "interleave_add_test(${name}): what is '${arg_UNPARSED_ARGUMENTS}'? "
      "Usage: interleave_add_test(NAME SOURCES FILE... [FRAMEWORK NAME] [LIBRARIES TARGET...] [TIMEOUT SECONDS] [LABELS LABEL...] "
      "[TRUSTED NAME...] [MODEL_ONLY | STRESS_ONLY])")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "interleave_add_test(${name}): no SOURCES given: name the test's files behind SOURCES")
  endif()
  if(NOT arg_FRAMEWORK)
    set(arg_FRAMEWORK none)
  elseif(NOT arg_FRAMEWORK IN_LIST INTERLEAVE_FRAMEWORKS)
    list(JOIN INTERLEAVE_FRAMEWORKS ", " known)
    message(FATAL_ERROR "interleave_add_test(${name}): FRAMEWORK is one of ${known}, not '${arg_FRAMEWORK}'")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()

  set(objects $<TARGET_OBJECTS:${name}_objects>)
  cmake_language(CALL interleave_framework_${arg_FRAMEWORK}_)
  list(APPEND objects ${framework_objects})

  interleave_refuse_unlinkable_(${name} ${arg_LIBRARIES})
  add_library(${name}_objects OBJECT ${arg_SOURCES})
  # C++20, unless the project has chosen. The headers need C++17.
  if(CMAKE_CXX_FLAGS MATCHES "-std=[a-z0-9+]+")
    target_compile_options(${name}_objects PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${CMAKE_MATCH_0}>)  # behind what CMake makes of the features
  elseif(NOT CMAKE_CXX_STANDARD)
    target_compile_features(${name}_objects PRIVATE cxx_std_20)
  endif()
  target_compile_options(${name}_objects PRIVATE ${INTERLEAVE_INSTRUMENT})
  target_link_libraries(${name}_objects PRIVATE interleave::model ${framework_libraries} ${arg_LIBRARIES})

  # The objects come first on the link line: of several copies of an inline function the linker keeps the first, and that has
  # to be an instrumented one.
  if(NOT arg_STRESS_ONLY)
    add_executable(${name} ${objects})
    interleave_link_libraries_(${name} ${name}_objects ${arg_LIBRARIES})
    interleave_link_model(${name})
    target_link_libraries(${name} PRIVATE ${framework_libraries} ${framework_main})
    if(arg_TRUSTED)
      interleave_trust_(${name} ${arg_TRUSTED})
    endif()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "model;${arg_LABELS}")
    cmake_language(EVAL CODE "cmake_language(DEFER CALL interleave_hand_timeout_ [[${name}]])")
    interleave_hand_project_(${name})
  endif()
  if(NOT arg_MODEL_ONLY)
    add_executable(${name}_stress ${objects})
    interleave_link_libraries_(${name}_stress ${name}_objects ${arg_LIBRARIES})
    interleave_link_stress(${name}_stress)
    target_link_libraries(${name}_stress PRIVATE ${framework_libraries} ${framework_main})
    add_test(NAME ${name}_stress COMMAND ${name}_stress)
    # Lock order is the model's business: TSan reports an inversion even where nothing can hang.
    set_tests_properties(${name}_stress PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "stress;${arg_LABELS}"
      ENVIRONMENT_MODIFICATION "TSAN_OPTIONS=string_append::detect_deadlocks=0")
  endif()
endfunction()
