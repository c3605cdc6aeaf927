#include "operation.hpp"
