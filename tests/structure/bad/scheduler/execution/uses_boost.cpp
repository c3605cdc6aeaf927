void* f(boost::context::detail::fcontext_t);
