# Installs the package from BUILD into a fresh prefix and builds and runs the consumer project against it.
#   cmake -D BUILD=DIR -D SOURCE=DIR -D WORK=DIR -D CXX=COMPILER [-D GENERATOR=Ninja] -P run.cmake
file(REMOVE_RECURSE ${WORK})

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status)
  if(status)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "failed with status ${status}: ${command}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
# A stranger's prefix: nothing of the tree may be needed from it.
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure --no-tests=error)
if(EXISTS ${WORK}/prefix/bin/interleave)
  run(${WORK}/prefix/bin/interleave list)
endif()
