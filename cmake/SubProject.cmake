# Interleave inside another project (add_subdirectory, FetchContent): the engine is an optimised library in every build type, made only
# for what links it, and what the project has set for its own code does not reach it.
#
# INTERLEAVE_OPTIMISED=OFF leaves the optimisation to the project's build type: a step of the engine without it costs twelve times as much.
option(INTERLEAVE_OPTIMISED "Optimise the engine whatever the build type" ON)

# What the project asks of its own sources: warnings, instrumentation, language features that the engine needs. Definitions and what
# decides about the ABI stay.
set(interleave_foreign_ "-(W[^,]|pedantic|Wpedantic|fsanitize=thread|fno-exceptions|fno-rtti|O[0-9sgz]?$)")
get_directory_property(interleave_inherited_ COMPILE_OPTIONS)
list(FILTER interleave_inherited_ EXCLUDE REGEX "^${interleave_foreign_}")
set_directory_properties(PROPERTIES COMPILE_OPTIONS "${interleave_inherited_}")
foreach(interleave_language_ C CXX)
  string(REGEX REPLACE "(^| )-(Werror[^ ]*|pedantic-errors|fsanitize=thread|fno-exceptions|fno-rtti)" " "
    CMAKE_${interleave_language_}_FLAGS "${CMAKE_${interleave_language_}_FLAGS}")
  foreach(tool CLANG_TIDY CPPCHECK CPPLINT INCLUDE_WHAT_YOU_USE)
    unset(CMAKE_${interleave_language_}_${tool})
  endforeach()
endforeach()
set(CMAKE_UNITY_BUILD OFF)
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)

function(interleave_settle_in_sub_project)
  foreach(target formatting engine model stress)
    if(INTERLEAVE_OPTIMISED)
      target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Release,RelWithDebInfo,MinSizeRel>>:-O2>)
    endif()
    if(NOT INTERLEAVE_INSTALL)
      set_property(TARGET ${target} PROPERTY EXCLUDE_FROM_ALL ON)
    endif()
  endforeach()
endfunction()
