// Something to precompile the headers for.
