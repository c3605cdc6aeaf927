# Finds out whether each compiler instruments accesses to members and elements of a function's own locals, and adds an option if it does not.
#
# clang up to 21 asks whether the address of the *member* leaves the function, where it is the address of the object that other
# threads have (llvm-project#132739): then nobody sees such an access, and a search passes over a race. Told that it may look at no use
# of a pointer, it takes every address for one that leaves. It is the compiler that is asked, and not its version: a few such
# accesses, each of a size of its own, are compiled to assembly, and each must have its hook. The answer is kept in the cache.
#
# INTERLEAVE_LOCALS: the options to be added, in INTERLEAVE_INSTRUMENT.

# As one element, and with SHELL:, because CMake drops what is repeated, and clang refuses the same -mllvm option twice.
set(interleave_locals_repair_ -mllvm -capture-tracking-max-uses-to-explore=0)

# Whether a hook is there for every access of the probe, without optimisation and with it; true as well if the compiler cannot
# compile the probe at all (then it has no -fsanitize=thread, and says so itself soon enough).
function(interleave_tells_of_locals_ language result)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_${language}_FLAGS}")
  if(CMAKE_${language}_COMPILER_TARGET AND CMAKE_${language}_COMPILE_OPTIONS_TARGET)
    list(APPEND flags ${CMAKE_${language}_COMPILE_OPTIONS_TARGET}${CMAKE_${language}_COMPILER_TARGET})
  endif()
  if(language STREQUAL C)
    set(probe ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/locals_probe.c)
  else()
    set(probe ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/locals_probe.cpp)
  endif()
  set(${result} TRUE PARENT_SCOPE)
  foreach(level -O0 -O2)
    execute_process(COMMAND ${CMAKE_${language}_COMPILER} ${CMAKE_${language}_COMPILER_ARG1} ${flags} -w -fsanitize=thread ${level} ${ARGN}
      -fno-lto -S -o - ${probe} OUTPUT_VARIABLE assembly ERROR_QUIET RESULT_VARIABLE failed)
    if(failed)
      if(ARGN)
        set(${result} FALSE PARENT_SCOPE)
      endif()
      return()
    endif()
    foreach(hook write1 write2 write4 write8 read2)
      if(NOT assembly MATCHES "__tsan_(unaligned_)?${hook}[^0-9]")
        set(${result} FALSE PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
endfunction()

# Sets INTERLEAVE_LOCALS_<language>, in the cache, to the options that its compiler needs: none, or the repair. Warns if that does not help.
function(interleave_ask_of_locals_ language)
  set(asked "${CMAKE_${language}_COMPILER} ${CMAKE_${language}_COMPILER_VERSION} ${CMAKE_${language}_FLAGS}")
  if("${INTERLEAVE_LOCALS_${language}_ASKED}" STREQUAL asked)
    return()
  endif()
  set(repair)
  interleave_tells_of_locals_(${language} tells)
  if(NOT tells)
    interleave_tells_of_locals_(${language} tells ${interleave_locals_repair_})
    if(tells)
      set(repair ${interleave_locals_repair_})
    else()
      message(WARNING "Interleave: ${CMAKE_${language}_COMPILER} does not tell of accesses to members and elements of a function's own "
        "locals, and no option of it is known that repairs that: races on them are not found. Use g++, or another version of clang.")
    endif()
  endif()
  set(INTERLEAVE_LOCALS_${language} "${repair}" CACHE INTERNAL "")
  set(INTERLEAVE_LOCALS_${language}_ASKED "${asked}" CACHE INTERNAL "")
endfunction()

set(INTERLEAVE_LOCALS)
string(REPLACE ";" " " interleave_locals_repair_text_ "${interleave_locals_repair_}")
foreach(interleave_language_ C CXX)
  if(NOT CMAKE_${interleave_language_}_COMPILER_LOADED)
    continue()
  endif()
  interleave_ask_of_locals_(${interleave_language_})
  if(INTERLEAVE_LOCALS_${interleave_language_})
    list(APPEND INTERLEAVE_LOCALS "$<$<COMPILE_LANGUAGE:${interleave_language_}>:SHELL:${interleave_locals_repair_text_}>")
  endif()
endforeach()
# C may be enabled later; then clang of the same version has the same fault in C.
if(NOT CMAKE_C_COMPILER_LOADED AND INTERLEAVE_LOCALS_CXX)
  list(APPEND INTERLEAVE_LOCALS
    "$<$<AND:$<COMPILE_LANG_AND_ID:C,${CMAKE_CXX_COMPILER_ID}>,$<C_COMPILER_VERSION:${CMAKE_CXX_COMPILER_VERSION}>>:SHELL:${interleave_locals_repair_text_}>")
endif()
