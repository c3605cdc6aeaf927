#  include  <interleave/primitives/lock.hpp>
