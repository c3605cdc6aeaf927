#include <boost/context/detail/fcontext.hpp>
