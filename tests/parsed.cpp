// Something to precompile the headers of the tests for: see CMakeLists.txt.
