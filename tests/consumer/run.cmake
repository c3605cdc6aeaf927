# Installs the package from BUILD into a fresh prefix and builds and runs the consumer project against it.
#   cmake -D BUILD=DIR -D SOURCE=DIR -D WORK=DIR -D CXX=COMPILER -D README=FILE [-D GENERATOR=Ninja] -P run.cmake
# The example of the README is one of the programs: what it prints is what the README says that it prints. And the commands by which the README
# makes a first test are run as they stand, with WORK as the home directory.
file(REMOVE_RECURSE ${WORK})

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status)
  if(status)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "failed with status ${status}: ${command}")
  endif()
endfunction()

# What stands between `begin` and the next `end`, behind `after`.
function(excerpt variable text after begin end)
  string(FIND "${text}" "${after}" at)
  string(SUBSTRING "${text}" ${at} -1 text)
  string(FIND "${text}" "${begin}" at)
  string(LENGTH "${begin}" length)
  math(EXPR at "${at} + ${length}")
  string(SUBSTRING "${text}" ${at} -1 text)
  string(FIND "${text}" "${end}" at)
  string(SUBSTRING "${text}" 0 ${at} text)
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

file(READ ${README} readme)
excerpt(example "${readme}" "## An example" "```cpp\n" "```")
excerpt(printed "${readme}" "Catch2 shows why:" "```\n" "```")
excerpt(first_test "${readme}" "Then, anywhere:" "```sh\n" "```")
file(WRITE ${WORK}/counter_test.cpp "${example}")
file(WRITE ${WORK}/first_test.sh "${first_test}")

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
# A stranger's prefix: nothing of the tree may be needed from it.
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_PREFIX_PATH=${WORK}/prefix
  -D EXAMPLE=${WORK}/counter_test.cpp)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure --no-tests=error)
if(EXISTS ${WORK}/prefix/bin/interleave)
  run(${WORK}/prefix/bin/interleave list)
endif()

execute_process(COMMAND ./build/counter_test WORKING_DIRECTORY ${WORK} OUTPUT_VARIABLE said ERROR_VARIABLE beside RESULT_VARIABLE status)
string(REGEX REPLACE "il1:[A-Za-z0-9_-]+" "TOKEN" said "${said}")
string(STRIP "${printed}" printed)
string(REGEX REPLACE "[ \n]+" " " said "${said}")
string(REGEX REPLACE "[ \n]+" " " wanted "${printed}")
string(FIND "${said}" "${wanted}" at)
if(status EQUAL 0 OR at EQUAL -1)
  message(FATAL_ERROR "The example of the README ends with status ${status} and prints\n${said}\nwhere the README has\n${wanted}")
endif()
if(NOT beside MATCHES "counter_test.cpp:8  require, to be replayed by INTERLEAVE_SCHEDULE=il1:[^ ]+ [.]/build/counter_test")
  message(FATAL_ERROR "The example of the README says on stderr\n${beside}")
endif()

file(CREATE_LINK ${WORK}/prefix ${WORK}/interleave SYMBOLIC)
execute_process(COMMAND ${CMAKE_COMMAND} -E env HOME=${WORK} CXX=${CXX} sh ${WORK}/first_test.sh
  WORKING_DIRECTORY ${WORK} OUTPUT_VARIABLE built ERROR_VARIABLE said RESULT_VARIABLE status)
if(NOT status EQUAL 1 OR NOT said MATCHES "FAILED +first_test.cpp:9 +deadlock")
  message(FATAL_ERROR "The first test of the README ends with status ${status} and prints\n${built}\n${said}\nwhere a deadlock is to be reported")
endif()
