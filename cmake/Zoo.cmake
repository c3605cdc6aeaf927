# The zoo: clients of libraries that nobody here wrote, taken as the distribution packages them (scenarios/zoo/, docs/zoo.md).
#
#   zoo                            OBJECT library of the clients whose library is there, instrumented like the scenarios
#   interleave_link_zoo(TARGET)    adds them, and the libraries that they need, to a program
#
# A library that is missing leaves out its client, and is named. Without the option there is no zoo at all.
option(INTERLEAVE_ZOO "Clients of third-party libraries among the scenarios" ${PROJECT_IS_TOP_LEVEL})

add_library(zoo_libraries INTERFACE)
set(zoo_sources)

# The client FILE is built if HEADER is found; PACKAGE is Debian's name of where it comes from.
function(interleave_zoo_client file header package)
  string(MAKE_C_IDENTIFIER INTERLEAVE_ZOO_${header} found)
  find_path(${found} ${header})
  mark_as_advanced(${found})
  if(NOT ${found})
    message(NOTICE "The zoo goes without ${file}: no <${header}> (Debian: ${package})")
    return()
  endif()
  list(APPEND zoo_sources scenarios/zoo/${file}.cpp)
  set(zoo_sources ${zoo_sources} PARENT_SCOPE)
endfunction()

if(INTERLEAVE_ZOO)
  interleave_zoo_client(boost_lockfree boost/lockfree/queue.hpp libboost-dev)
  interleave_zoo_client(readerwriterqueue readerwriterqueue/readerwriterqueue.h libreaderwriterqueue-dev)
  interleave_zoo_client(concurrentqueue concurrentqueue/concurrentqueue.h libconcurrentqueue-dev)
endif()

if(zoo_sources)
  add_library(zoo OBJECT ${zoo_sources})
  target_compile_options(zoo PRIVATE ${INTERLEAVE_INSTRUMENT} -O1)
  target_link_libraries(zoo PRIVATE interleave_build zoo_libraries)
endif()

function(interleave_link_zoo target)
  if(TARGET zoo)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:zoo>)
    target_link_libraries(${target} PRIVATE zoo_libraries)
  endif()
endfunction()
