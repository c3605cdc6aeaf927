#include <in_file_set.hpp>
#include "racy.h"
RACY(file_set)
