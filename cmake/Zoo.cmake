# The zoo: clients of libraries that nobody here wrote, taken as the distribution packages them (scenarios/zoo/, docs/zoo.md).
#
#   zoo, zoo_volatile              OBJECT libraries of the clients whose library is there, instrumented like the scenarios
#   interleave_link_zoo(TARGET)    adds them, and the libraries that they need, to a program
#   interleave_link_zoo_stress(TARGET)    the same of those that ThreadSanitizer can run: it has no hooks for volatile accesses
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
  set(zoo_has_${file} TRUE PARENT_SCOPE)
endfunction()

if(INTERLEAVE_ZOO)
  # The standard library is always there.
  set(zoo_sources scenarios/zoo/shared_ptr.cpp scenarios/zoo/atomic_shared_ptr.cpp scenarios/zoo/counting_semaphore.cpp)
  interleave_zoo_client(boost_lockfree boost/lockfree/queue.hpp libboost-dev)
  interleave_zoo_client(readerwriterqueue readerwriterqueue/readerwriterqueue.h libreaderwriterqueue-dev)
  interleave_zoo_client(concurrentqueue concurrentqueue/concurrentqueue.h libconcurrentqueue-dev)
  interleave_zoo_client(ck ck_ring.h libck-dev)
  interleave_zoo_client(urcu urcu/wfcqueue.h liburcu-dev)
  interleave_zoo_client(tbb oneapi/tbb/concurrent_queue.h libtbb-dev)
endif()

# Code that means atomic by volatile is a library of its own.
set(zoo_volatile_sources)
if(zoo_has_ck)
  list(REMOVE_ITEM zoo_sources scenarios/zoo/ck.cpp)
  list(APPEND zoo_volatile_sources scenarios/zoo/ck.cpp scenarios/zoo/ck_containers.c)
endif()
if(zoo_has_urcu)
  list(REMOVE_ITEM zoo_sources scenarios/zoo/urcu.cpp)
  list(APPEND zoo_volatile_sources scenarios/zoo/urcu.cpp scenarios/zoo/urcu_race.cpp)
endif()

foreach(library zoo zoo_volatile)
  if(${library}_sources)
    add_library(${library} OBJECT ${${library}_sources})
    target_compile_options(${library} PRIVATE ${INTERLEAVE_INSTRUMENT} -O1)
    target_link_libraries(${library} PRIVATE interleave_build zoo_libraries)
  endif()
endforeach()
if(TARGET zoo_volatile)
  target_compile_options(zoo_volatile PRIVATE ${INTERLEAVE_VOLATILE_ATOMIC})
endif()

function(interleave_link_zoo target)
  foreach(library zoo zoo_volatile)
    if(TARGET ${library})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:${library}>)
    endif()
  endforeach()
  target_link_libraries(${target} PRIVATE zoo_libraries)
endfunction()

function(interleave_link_zoo_stress target)
  if(TARGET zoo)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:zoo>)
  endif()
  target_link_libraries(${target} PRIVATE zoo_libraries)
endfunction()
