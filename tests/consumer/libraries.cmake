# Libraries under test: installs the package from BUILD, builds the project libraries/ against it, runs its tests, and looks at what the
# project's own program was linked with.
# Then, that mistakes are named when CMake runs (refused/).
#   cmake -D BUILD=DIR -D SOURCE=DIR -D WORK=DIR -D CXX=COMPILER [-D GENERATOR=Ninja] -P libraries.cmake
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(status)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "failed with status ${status}: ${command}\n${said}")
  endif()
endfunction()

function(hooks_of program variable)
  execute_process(COMMAND nm ${program} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "__tsan_[a-z0-9_]+" hooks "${symbols}")
  set(${variable} "${hooks}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_BUILD_TYPE=RelWithDebInfo
  -D CMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build --parallel 2)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure --no-tests=error)

hooks_of(${WORK}/build/app hooks)
if(hooks)
  message(FATAL_ERROR "The project's own program has instrumented code: ${hooks}")
endif()
hooks_of(${WORK}/build/tests/kinds hooks)
if(NOT hooks)
  message(FATAL_ERROR "The test has no instrumented code, so the look at the other program says nothing")
endif()

# An existing project as docs/build.md has it: its own test passes, the race in its library is found, its program is as it was.
run(${CMAKE_COMMAND} -S ${SOURCE}/../existing -B ${WORK}/existing -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CXX}
  -D CMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/existing)
run(${WORK}/existing/spool_test)
hooks_of(${WORK}/existing/spooler hooks)
execute_process(COMMAND ${WORK}/existing/spool_schedules RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(hooks OR status EQUAL 0 OR NOT said MATCHES "write by T1 at spool.cpp:11 in Spool::add")
  message(FATAL_ERROR "An existing project: hooks in its program: '${hooks}', status ${status}\n${said}")
endif()

# Configured only. A line break of CMake's may be anywhere in a sentence.
function(refused case expected)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE}/../refused -B ${WORK}/refused -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CXX}
    -D CMAKE_PREFIX_PATH=${WORK}/prefix -D CASE=${case} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(REGEX REPLACE "[ \n]+" " " said "${said}")
  if(expected STREQUAL "" AND status)
    message(FATAL_ERROR "refused for no reason: ${case}\n${said}")
  elseif(NOT expected STREQUAL "" AND NOT said MATCHES "${expected}")
    message(FATAL_ERROR "${case} is not refused with '${expected}':\n${said}")
  endif()
endfunction()

refused(executable "LIBRARIES names app, which is an executable: move what is to be tested of it into a library")
refused(executable_later "LIBRARIES names app, which is an executable")
refused(module "LIBRARIES names plugin, which cannot be linked")
refused(address "checked is compiled with -fsanitize=undefined,address, which excludes -fsanitize=thread")
refused(address_behind "sanitizers is compiled with -fsanitize=address, which excludes")
refused(address_off "")
refused(instrument_nothing "interleave_instrument.nothing.: there is no such target")
refused(instrument_interface "interleave_instrument.headers.: this target compiles nothing")
