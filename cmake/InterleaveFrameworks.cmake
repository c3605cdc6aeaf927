# The test frameworks that interleave_add_test knows: a row in the table, and a macro. The macro gives, in the caller's scope,
#
#   framework_objects     what is linked into each test first
#   framework_libraries   what the test is compiled against and linked with
#   framework_main        an archive that is linked last: the framework and its main, for tests that have none
#
# and compiles what it needs of them once for each project, instrumented, and without optimisation.
#
#   none      the sources have their own main
#   catch2    they have none; they include <interleave/catch2.hpp> or Catch2's own header
#   gtest     the same with <interleave/gtest.hpp>. GoogleTest is compiled from its sources, so GTest::gtest must not be linked
#             (INTERLEAVE_GTEST_SOURCE: the folder that has src/gtest-all.cc, if it is not where packages put it)
#   doctest   they may have one (DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN); <interleave/doctest.hpp> or doctest's own header
#             (INTERLEAVE_DOCTEST_INCLUDE: the folder that has doctest/doctest.h)
#   boost     they may have one (boost/test/included/unit_test.hpp, or BOOST_TEST_DYN_LINK and the library); <interleave/boost.hpp> or
#             Boost.Test's own headers (INTERLEAVE_BOOST_INCLUDE: the folder that has boost/test/unit_test.hpp)
#
# A failed assertion inside a body is that execution's failure, and the check() around it the one failure that the framework counts.
set(INTERLEAVE_FRAMEWORKS none catch2 gtest doctest boost CACHE INTERNAL "")

# Catch2's main and our hooks, compiled once per project, and without optimisation: 8 seconds of compile time instead of 23.
function(interleave_catch2_main_)
  if(TARGET interleave_catch2_main)
    return()
  endif()
  find_package(Catch2 REQUIRED)
  add_library(interleave_catch2_main OBJECT ${INTERLEAVE_ADAPTERS}/catch2.cpp)
  target_compile_features(interleave_catch2_main PRIVATE cxx_std_20)
  target_compile_options(interleave_catch2_main PRIVATE ${INTERLEAVE_INSTRUMENT} -O0)
  target_link_libraries(interleave_catch2_main PRIVATE interleave::model Catch2::Catch2)
endfunction()

# GoogleTest, its main and our hook, the same way.
function(interleave_gtest_main_)
  if(TARGET interleave_gtest_main)
    return()
  endif()
  find_path(INTERLEAVE_GTEST_SOURCE src/gtest-all.cc HINTS ${googletest_SOURCE_DIR}/googletest
    PATHS /usr/src/googletest/googletest /usr/src/gtest)
  if(NOT INTERLEAVE_GTEST_SOURCE)
    message(FATAL_ERROR "FRAMEWORK gtest needs the sources of GoogleTest: install libgtest-dev, or set INTERLEAVE_GTEST_SOURCE to "
      "the folder that has src/gtest-all.cc")
  endif()
  add_library(interleave_gtest INTERFACE)
  if(EXISTS ${INTERLEAVE_GTEST_SOURCE}/include)
    target_include_directories(interleave_gtest SYSTEM INTERFACE ${INTERLEAVE_GTEST_SOURCE}/include)
  endif()
  add_library(interleave_gtest_main OBJECT ${INTERLEAVE_ADAPTERS}/gtest.cpp)
  target_compile_features(interleave_gtest_main PRIVATE cxx_std_20)
  target_compile_options(interleave_gtest_main PRIVATE ${INTERLEAVE_INSTRUMENT} -O0)
  target_include_directories(interleave_gtest_main SYSTEM PRIVATE ${INTERLEAVE_GTEST_SOURCE})
  target_link_libraries(interleave_gtest_main PRIVATE interleave::model interleave_gtest)
endfunction()

function(interleave_adapter_ target kind)
  list(TRANSFORM ARGN PREPEND ${INTERLEAVE_ADAPTERS}/ OUTPUT_VARIABLE sources)
  add_library(${target} ${kind} EXCLUDE_FROM_ALL ${sources})
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE ${INTERLEAVE_INSTRUMENT} -O0)
endfunction()

# A library for the headers of a framework: of the target that the project has, or in the folder of the variable.
function(interleave_framework_headers_ library variable header package target)
  add_library(${library} INTERFACE)
  if(NOT TARGET ${target})
    find_path(${variable} ${header})
    if(NOT ${variable})
      message(FATAL_ERROR "this FRAMEWORK needs ${header}: install ${package}, or set ${variable} to the folder that has it")
    endif()
    target_include_directories(${library} SYSTEM INTERFACE ${${variable}})
  else()
    target_link_libraries(${library} INTERFACE ${target})
  endif()
endfunction()

function(interleave_doctest_main_)
  if(TARGET interleave_doctest)
    return()
  endif()
  interleave_framework_headers_(interleave_doctest_headers INTERLEAVE_DOCTEST_INCLUDE doctest/doctest.h doctest-dev doctest::doctest)
  interleave_adapter_(interleave_doctest OBJECT doctest.cpp)
  interleave_adapter_(interleave_doctest_main STATIC doctest_main.cpp)
  target_link_libraries(interleave_doctest PRIVATE interleave::model interleave_doctest_headers)
  target_link_libraries(interleave_doctest_main PRIVATE interleave_doctest_headers)
endfunction()

function(interleave_boost_main_)
  if(TARGET interleave_boost)
    return()
  endif()
  interleave_framework_headers_(interleave_boost_headers INTERLEAVE_BOOST_INCLUDE boost/test/unit_test.hpp libboost-test-dev Boost::headers)
  interleave_adapter_(interleave_boost OBJECT boost.cpp)
  interleave_adapter_(interleave_boost_main STATIC boost_main.cpp boost_suite.cpp)
  target_link_libraries(interleave_boost PRIVATE interleave::model interleave_boost_headers)
  target_link_libraries(interleave_boost_main PRIVATE interleave_boost_headers)
endfunction()

# ---- the table: macros, so that what they set is the caller's ---------------------------------------------------------------

macro(interleave_framework_none_)
  set(framework_objects)
  set(framework_libraries)
  set(framework_main)
endmacro()

macro(interleave_framework_catch2_)
  interleave_catch2_main_()
  set(framework_objects $<TARGET_OBJECTS:interleave_catch2_main>)
  set(framework_libraries Catch2::Catch2)
  set(framework_main)
endmacro()

macro(interleave_framework_gtest_)
  interleave_gtest_main_()
  set(framework_objects $<TARGET_OBJECTS:interleave_gtest_main>)
  set(framework_libraries interleave_gtest)
  set(framework_main)
endmacro()

macro(interleave_framework_doctest_)
  interleave_doctest_main_()
  set(framework_objects $<TARGET_OBJECTS:interleave_doctest>)
  set(framework_libraries interleave_doctest_headers)
  set(framework_main interleave_doctest_main)
endmacro()

macro(interleave_framework_boost_)
  interleave_boost_main_()
  set(framework_objects $<TARGET_OBJECTS:interleave_boost>)
  set(framework_libraries interleave_boost_headers)
  set(framework_main interleave_boost_main)
endmacro()
