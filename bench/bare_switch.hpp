// The yardstick of all figures: one bare switch between two fibers of Boost.Context, in nanoseconds of processor time.
#pragma once

double bare_switch_ns();
