# Twins: the libraries of a project, compiled a second time with -fsanitize=thread, for the programs of interleave_add_test alone.
#
#   library      twin                               in a program of interleave_add_test
#   T (STATIC)   interleave_twin_of_T (STATIC)      libT.a gives way to the twin
#   T (SHARED)   interleave_twin_of_T (STATIC)      libT.so gives way to all objects of the twin, and what T links privately is linked, too
#   T (OBJECT)   interleave_twin_of_T (OBJECT)      the objects give way to the twin's
#   INTERFACE    none: what it adds to its users it adds to NAME_objects and to twins
#   imported, MODULE, executables, other languages than C and C++, libraries that are instrumented already: none
#
# The two sides of a twin:
#
#   compile   All properties are read through $<TARGET_PROPERTY:T,...> when CMake generates, so they are evaluated as T's own, in the
#             directory of T: imported targets, generator expressions and what is added late are right by construction. Properties of
#             single sources and the flags of a directory have no such expression; they are copied, in a form that no other target sees.
#   link      CMake computes the link line for the libraries as they are, and so knows every name, every expression and every cycle. A
#             launcher of the linker (link.sh) then puts the twins in the places of the libraries. T itself asks for its twin where a
#             program with the property INTERLEAVE_TWINS links T (an expression in INTERFACE_LINK_LIBRARIES that is empty for all
#             others, and stripped when T is exported): only twins that are linked are built.
#
# All of it happens at the end of the top directory's configuration, when every target is known.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

set(INTERLEAVE_TWINS_FOLDER ${CMAKE_CURRENT_LIST_DIR}/twins CACHE INTERNAL "")
include(${CMAKE_CURRENT_LIST_DIR}/twins/twin.cmake)

# Instruments targets themselves: every program that links one has to be linked with Interleave or with ThreadSanitizer.
function(interleave_instrument)
  foreach(target IN LISTS ARGN)
    if(NOT TARGET ${target})
      message(FATAL_ERROR "interleave_instrument(${target}): there is no such target; call it behind the target's declaration")
    endif()
    get_target_property(original ${target} ALIASED_TARGET)
    if(original)
      set(target ${original})
    endif()
    get_target_property(imported ${target} IMPORTED)
    get_target_property(type ${target} TYPE)
    if(imported OR NOT type MATCHES "LIBRARY|EXECUTABLE" OR type STREQUAL INTERFACE_LIBRARY)
      message(FATAL_ERROR "interleave_instrument(${target}): this target compiles nothing; name those that do")
    endif()
    target_compile_options(${target} PRIVATE ${INTERLEAVE_INSTRUMENT})
    set_property(TARGET ${target} PROPERTY INTERLEAVE_INSTRUMENTED ON)
  endforeach()
endfunction()

# Instruments what this directory and its sub-directories declare from here on.
function(interleave_instrument_directory)
  add_compile_options(${INTERLEAVE_INSTRUMENT})
endfunction()

# Links a program of interleave_add_test with its LIBRARIES. What they add to the compilation has reached the program's objects already;
# the program itself gets what is to be linked, and compiles no source of theirs once more.
function(interleave_link_libraries_ program objects)
  foreach(library IN LISTS ARGN)
    if(NOT library MATCHES "^-|^(debug|optimized|general)$|::@")
      set(library "$<LINK_ONLY:${library}>")
    endif()
    list(APPEND libraries "${library}")
  endforeach()
  target_link_libraries(${program} PRIVATE ${libraries})
  set_property(TARGET ${program} PROPERTY INTERLEAVE_LIBRARIES ${ARGN})
  # Objects that INTERFACE libraries have among their sources.
  target_sources(${program} PRIVATE "$<FILTER:$<TARGET_PROPERTY:${objects},SOURCES>,INCLUDE,\\.o$>")
  interleave_use_twins_(${program} ${objects})
endfunction()

# Names modules for the engine (weak symbol interleave_trusted_modules) in a file of the program's own, so that they count however the
# program is started.
function(interleave_trust_ program)
  list(JOIN ARGN "\", \"" names)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${program}_trusted.cpp @ONLY CONTENT
    "extern \"C\" {\nextern const char* const interleave_trusted_modules[];\nconst char* const interleave_trusted_modules[] = {\"@names@\", nullptr};\n}\n")
  target_sources(${program} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${program}_trusted.cpp)
endfunction()

# The program has twins in the places of the project's libraries; objects is the target that its own objects are of.
function(interleave_use_twins_ program objects)
  foreach(language C CXX)
    get_target_property(launchers ${program} ${language}_LINKER_LAUNCHER)
    set_property(TARGET ${program} PROPERTY ${language}_LINKER_LAUNCHER sh ${INTERLEAVE_TWINS_FOLDER}/link.sh ${CMAKE_BINARY_DIR}/interleave_twins)
    if(launchers)
      set_property(TARGET ${program} APPEND PROPERTY ${language}_LINKER_LAUNCHER ${launchers})
    endif()
  endforeach()
  set_property(TARGET ${program} PROPERTY INTERLEAVE_TWINS ON)
  set_property(TARGET ${program} PROPERTY INTERLEAVE_OBJECTS ${objects})
  set_property(GLOBAL APPEND PROPERTY INTERLEAVE_PROGRAMS_ ${program})
  get_property(planned GLOBAL PROPERTY INTERLEAVE_TWINS_PLANNED_)
  if(NOT planned)
    set_property(GLOBAL PROPERTY INTERLEAVE_TWINS_PLANNED_ ON)
    cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL interleave_plan_twins_)
  endif()
endfunction()

# Deferred a second time, so that it comes behind calls that the project itself has deferred: those may declare libraries.
function(interleave_plan_twins_)
  cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL interleave_make_twins_)
endfunction()

# ---- which libraries ----------------------------------------------------------------------------------------------------

# The names that a text may mean: words between the signs of generator expressions, with and without the key word before a colon.
function(interleave_words_ variable text)
  string(REGEX REPLACE "[][$<>,; \t\n\"]+" ";" words "${text}")
  set(found)
  foreach(word IN LISTS words)
    while(NOT "${word}" STREQUAL "")
      list(APPEND found ${word})
      if(NOT "${word}" MATCHES "^[A-Za-z0-9_]*:(.*)$")
        break()
      endif()
      set(word "${CMAKE_MATCH_1}")
    endwhile()
  endforeach()
  list(REMOVE_DUPLICATES found)
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# The libraries that a directory declares and that have twins to be made, where a name in a text is an imported target that only this
# directory knows: it may stand for any of them.
function(interleave_libraries_behind_ variable directory word)
  set(found)
  while(directory)
    get_property(imported DIRECTORY ${directory} PROPERTY IMPORTED_TARGETS)
    if(word IN_LIST imported)
      get_property(found DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
      break()
    endif()
    get_property(directory DIRECTORY ${directory} PROPERTY PARENT_DIRECTORY)
  endwhile()
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# All targets that `program` may link, by the names in properties: more than it does link, where an expression decides.
function(interleave_reached_ variable program)
  set(link_properties LINK_LIBRARIES INTERFACE_LINK_LIBRARIES INTERFACE_LINK_LIBRARIES_DIRECT LINK_INTERFACE_LIBRARIES SOURCES
    INTERFACE_SOURCES LINK_OPTIONS INTERFACE_LINK_OPTIONS PRECOMPILE_HEADERS_REUSE_FROM)
  get_target_property(objects ${program} INTERLEAVE_OBJECTS)
  set(queue ${program} ${objects})
  set(reached)
  while(queue)
    list(POP_FRONT queue target)
    get_target_property(original ${target} ALIASED_TARGET)
    if(original)
      set(target ${original})
    endif()
    if(target IN_LIST reached)
      continue()
    endif()
    list(APPEND reached ${target})
    get_target_property(ours ${target} INTERLEAVE_OWN)
    if(ours)
      continue()
    endif()
    get_target_property(directory ${target} SOURCE_DIR)
    set(properties ${link_properties})
    set(looked_at)
    while(properties)
      list(POP_FRONT properties property)
      list(APPEND looked_at ${property})
      get_property(text TARGET ${target} PROPERTY ${property})
      if("${text}" STREQUAL "")
        continue()
      endif()
      interleave_words_(words "${text}")
      foreach(word IN LISTS words)
        if(TARGET ${word})
          list(APPEND queue ${word})
          continue()
        endif()
        interleave_libraries_behind_(behind "${directory}" "${word}")
        list(APPEND queue ${behind})
        # $<TARGET_PROPERTY:name,property>: names may be kept in a property of the project's own.
        if("${text}" MATCHES "TARGET_PROPERTY" AND "${word}" MATCHES "^[A-Za-z0-9_]+$" AND NOT word IN_LIST looked_at
            AND NOT word IN_LIST properties)
          get_property(is_set TARGET ${target} PROPERTY ${word} SET)
          if(is_set AND NOT "${word}" MATCHES "^(NAME|TYPE|SOURCE_DIR|BINARY_DIR|LOCATION.*)$")
            list(APPEND properties ${word})
          endif()
        endif()
      endforeach()
    endwhile()
  endwhile()
  list(REMOVE_ITEM reached ${program} ${objects})
  set(${variable} "${reached}" PARENT_SCOPE)
endfunction()

# The targets that are named by their files, $<TARGET_FILE:T>: CMake does not know that they are linked.
function(interleave_linked_by_file_ variable)
  set(found)
  foreach(target IN LISTS ARGN)
    foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES LINK_OPTIONS INTERFACE_LINK_OPTIONS)
      get_property(text TARGET ${target} PROPERTY ${property})
      string(REGEX MATCHALL "TARGET_(LINKER_)?FILE:[^>]+" files "${text}")
      list(TRANSFORM files REPLACE "^.*FILE:" "")
      list(APPEND found ${files})
    endforeach()
  endforeach()
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# Sets `variable` to the reason why `target` has no twin, or to nothing.
function(interleave_why_no_twin_ variable target)
  get_target_property(type ${target} TYPE)
  get_target_property(imported ${target} IMPORTED)
  get_target_property(ours ${target} INTERLEAVE_OWN)
  get_target_property(instrumented ${target} INTERLEAVE_INSTRUMENTED)
  get_property(options TARGET ${target} PROPERTY COMPILE_OPTIONS)
  get_property(flags TARGET ${target} PROPERTY COMPILE_FLAGS)
  set(why "")
  if(imported)
    set(why "it is imported")
  elseif(ours OR NOT type MATCHES "^(STATIC|SHARED|OBJECT)_LIBRARY$")
    set(why "a ${type}")
  elseif(instrumented OR "${options};${flags}" MATCHES "(^|[; ])-fsanitize=thread")
    set(why "it is instrumented")
  endif()
  set(${variable} "${why}" PARENT_SCOPE)
endfunction()

# ---- the end of the configuration ---------------------------------------------------------------------------------------

function(interleave_make_twins_)
  set_property(GLOBAL PROPERTY INTERLEAVE_TWINS_PLANNED_ OFF)
  get_property(programs GLOBAL PROPERTY INTERLEAVE_PROGRAMS_)
  set_property(GLOBAL PROPERTY INTERLEAVE_PROGRAMS_ "")
  set(tables ${CMAKE_BINARY_DIR}/interleave_twins)
  get_property(round GLOBAL PROPERTY INTERLEAVE_TWINS_ROUND_)
  if(NOT round)
    set(round 0)
    file(GLOB old ${tables}/*.table)
    file(REMOVE ${tables}/none ${old})
  endif()

  set(twinned)
  foreach(program IN LISTS programs)
    get_property(libraries TARGET ${program} PROPERTY INTERLEAVE_LIBRARIES)
    interleave_refuse_unlinkable_(${program} ${libraries})
    interleave_reached_(reached ${program})
    get_target_property(objects ${program} INTERLEAVE_OBJECTS)
    interleave_linked_by_file_(by_file ${program} ${reached})
    foreach(target IN LISTS reached)
      interleave_why_no_twin_(why ${target})
      get_target_property(imported ${target} IMPORTED)
      if(NOT imported)
        interleave_refuse_other_sanitizers_(${program} ${target})
      endif()
      interleave_add_objects_(${program} ${target} ${objects} "${why}")
      if(NOT "${why}" STREQUAL "")
        continue()
      endif()
      get_target_property(type ${target} TYPE)
      if(type STREQUAL OBJECT_LIBRARY)
        # For objects that come in as sources of INTERFACE libraries.
        add_dependencies(${program} interleave_twin_of_${target})
        set_property(TARGET ${program} APPEND PROPERTY LINK_DEPENDS $<TARGET_OBJECTS:interleave_twin_of_${target}>)
      endif()
      if(target IN_LIST by_file)
        add_dependencies(${program} interleave_twin_of_${target})
        set_property(TARGET ${program} APPEND PROPERTY LINK_DEPENDS $<TARGET_FILE:interleave_twin_of_${target}>)
      endif()
      if(NOT TARGET interleave_twin_of_${target} AND NOT target IN_LIST twinned)
        list(APPEND twinned ${target})
      endif()
    endforeach()
  endforeach()

  # A language that only a sub-directory has enabled is a set of variables; they are needed where the twins are.
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  foreach(language IN LISTS languages)
    foreach(target IN LISTS twinned)
      get_target_property(directory ${target} SOURCE_DIR)
      get_directory_property(enabled DIRECTORY ${directory} DEFINITION CMAKE_${language}_COMPILE_OBJECT)
      if(CMAKE_${language}_COMPILE_OBJECT OR NOT enabled)
        continue()
      endif()
      get_directory_property(names DIRECTORY ${directory} VARIABLES)
      list(FILTER names INCLUDE REGEX "^CMAKE_([A-Z_]*_)?${language}(_|$)")
      foreach(name IN LISTS names)
        if(NOT DEFINED ${name})
          get_directory_property(value DIRECTORY ${directory} DEFINITION ${name})
          set(${name} "${value}" PARENT_SCOPE)
          set(${name} "${value}")
        endif()
      endforeach()
    endforeach()
  endforeach()
  foreach(target IN LISTS twinned)
    interleave_make_twin_(${target})
  endforeach()
  math(EXPR round "${round} + 1")
  set_property(GLOBAL PROPERTY INTERLEAVE_TWINS_ROUND_ ${round})

  set(table "")
  foreach(target IN LISTS twinned)
    set(twin interleave_twin_of_${target})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL OBJECT_LIBRARY)
      string(APPEND table "object\t$<JOIN:$<TARGET_OBJECTS:${target}>,\t${target}\nobject\t>\t${target}\n"
        "group\t$<JOIN:$<TARGET_OBJECTS:${twin}>,\t${target}\ngroup\t>\t${target}\n")
    elseif(type STREQUAL STATIC_LIBRARY)
      string(APPEND table "archive\t$<TARGET_FILE:${target}>\t$<TARGET_FILE:${twin}>\n")
    else()
      string(APPEND table "shared\t$<TARGET_FILE:${target}>\t$<TARGET_FILE:${twin}>\n")
    endif()
  endforeach()
  file(GENERATE OUTPUT ${tables}/${round}$<$<BOOL:$<CONFIG>>:.$<CONFIG>>.table CONTENT "${table}")
endfunction()

# If `target` is an object library that `linker` links, its objects, or its twin's, are among the sources of `user`.
function(interleave_add_objects_ user target linker why_no_twin)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL OBJECT_LIBRARY)
    set(objects ${target})
    if(why_no_twin STREQUAL "")
      set(objects interleave_twin_of_${target})
    endif()
    target_sources(${user} PRIVATE "$<$<IN_LIST:${target},$<TARGET_GENEX_EVAL:${linker},$<TARGET_PROPERTY:${linker},LINK_LIBRARIES>>>:$<TARGET_OBJECTS:${objects}>>")
  endif()
endfunction()

# Stops if LIBRARIES names a target that cannot be linked. Called when the test is declared, and again when all targets are.
function(interleave_refuse_unlinkable_ program)
  foreach(library IN LISTS ARGN)
    if(NOT TARGET "${library}")
      continue()
    endif()
    get_target_property(type ${library} TYPE)
    get_target_property(exports ${library} ENABLE_EXPORTS)
    if(type STREQUAL EXECUTABLE AND NOT exports)
      message(FATAL_ERROR "interleave_add_test(${program}): LIBRARIES names ${library}, which is an executable: move what is to be "
        "tested of it into a library that both link, or name its files under SOURCES")
    elseif(type STREQUAL MODULE_LIBRARY OR type STREQUAL UTILITY)
      message(FATAL_ERROR "interleave_add_test(${program}): LIBRARIES names ${library}, which cannot be linked (${type}): name its "
        "files under SOURCES")
    endif()
  endforeach()
endfunction()

# Stops if `target` is compiled with a sanitizer that excludes -fsanitize=thread. One that a generator expression adds is left to the compiler.
function(interleave_refuse_other_sanitizers_ program target)
  get_target_property(directory ${target} SOURCE_DIR)
  get_property(options TARGET ${target} PROPERTY COMPILE_OPTIONS)
  get_property(used TARGET ${target} PROPERTY INTERFACE_COMPILE_OPTIONS)
  get_property(flags TARGET ${target} PROPERTY COMPILE_FLAGS)
  get_directory_property(everywhere DIRECTORY ${directory} DEFINITION CMAKE_CXX_FLAGS)
  if(";${options};${used}; ${flags} ${everywhere}" MATCHES "[; ](-fsanitize=[a-z,-]*(address|memory|leak)[a-z,-]*)")
    message(FATAL_ERROR "interleave_add_test(${program}): ${target} is compiled with ${CMAKE_MATCH_1}, which excludes "
      "-fsanitize=thread: leave the one or the other out of this build")
  endif()
endfunction()
