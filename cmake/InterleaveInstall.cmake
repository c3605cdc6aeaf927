# The package: headers as they are included, both libraries, the command, and what find_package(interleave) needs.
include(CMakePackageConfigHelpers)

set(interleave_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/interleave)

# A build for the command alone (ci/search) has not made both libraries.
install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${CMAKE_BINARY_DIR}\" --target model stress COMMAND_ERROR_IS_FATAL ANY)")
install(TARGETS model stress primitives EXPORT interleave_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET interleave_command)
  install(TARGETS interleave_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT interleave_targets NAMESPACE interleave:: FILE interleave-targets.cmake DESTINATION ${interleave_package_dir})

# Public headers only. The engine's own stay in the tree.
install(FILES scheduler/api/interleave.hpp scheduler/adapters/catch2.hpp scheduler/adapters/gtest.hpp scheduler/adapters/doctest.hpp scheduler/adapters/boost.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/interleave)
foreach(room primitives checkers)
  file(GLOB headers CONFIGURE_DEPENDS ${room}/*.hpp)
  install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/interleave/${room})
endforeach()
set(interleave_public_scheduler_headers scheduler/api/observer.hpp scheduler/api/framework.hpp scheduler/api/services.hpp)
install(FILES ${interleave_public_scheduler_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/interleave/scheduler)

configure_package_config_file(cmake/interleave-config.cmake.in ${PROJECT_BINARY_DIR}/interleave-config.cmake
  INSTALL_DESTINATION ${interleave_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/interleave-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/interleave-config.cmake ${PROJECT_BINARY_DIR}/interleave-config-version.cmake
  cmake/InterleaveAddTest.cmake cmake/InterleaveLocals.cmake cmake/locals_probe.c cmake/locals_probe.cpp cmake/InterleaveTwins.cmake
  cmake/InterleaveFrameworks.cmake scheduler/adapters/catch2.cpp scheduler/adapters/gtest.cpp scheduler/adapters/doctest.cpp scheduler/adapters/doctest_main.cpp scheduler/adapters/boost.cpp
  scheduler/adapters/boost_main.cpp scheduler/adapters/boost_suite.cpp DESTINATION ${interleave_package_dir})
install(DIRECTORY cmake/twins DESTINATION ${interleave_package_dir})
